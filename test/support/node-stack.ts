import { PatchbayClient } from '../../lib/client/index.ts';
import { NodeStore } from '../../lib/store/nodes.ts';
import { openTable } from '../../lib/store/table.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from './freeswitch/freeswitch-double.ts';
import { NodeContainers } from './node-containers.ts';
import { SdpTap } from './sdp-tap.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { until } from './until.ts';

const startMs = 30_000;

/** A node as it is on AWS, its images' files run here, with the local gateway and table for API Gateway and DynamoDB. */
export class NodeStack {
  readonly client: PatchbayClient;
  readonly tap: SdpTap;
  readonly #gateway: TestStack;
  readonly #containers: NodeContainers;
  readonly #double: FreeSwitchDouble | undefined;

  private constructor(
    gateway: TestStack,
    containers: NodeContainers,
    double: FreeSwitchDouble | undefined,
    client: PatchbayClient,
    tap: SdpTap,
  ) {
    this.#gateway = gateway;
    this.#containers = containers;
    this.#double = double;
    this.client = client;
    this.tap = tap;
  }

  /**
   * @param freeSwitch `real`: the one that PATCHBAY_FREESWITCH_BIN names
   * @param env of the task
   */
  static async start(freeSwitch: 'double' | 'real', env: Readonly<Record<string, string>>): Promise<NodeStack> {
    const gateway = await startTestStack({ PATCHBAY_CONTROLLER: 'elsewhere' });
    const double = freeSwitch === 'double' ? await startFreeSwitchDouble() : undefined;
    const containers = await NodeContainers.create({
      PATCHBAY_TABLE: 'patchbay',
      PATCHBAY_DYNAMODB_ENDPOINT: gateway.dynamodb,
      PATCHBAY_CALLBACK_URL: gateway.console.replace('localhost', '127.0.0.1'),
      ...(double && { PATCHBAY_FREESWITCH_URL: double.url }),
      ...env,
    });
    const tap = new SdpTap();
    const client = new PatchbayClient({ url: gateway.api, transport: tap.transport });
    const stack = new NodeStack(gateway, containers, double, client, tap);
    try {
      await containers.configure();
      await containers.start('janus');
      if (!double) await containers.start('freeswitch');
      await containers.start('controller');
      await stack.#isUp();
      await client.connect();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  controllerLog(): Promise<string> {
    return this.#containers.log('controller');
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.#containers.stopAll();
    await this.#gateway.stop();
    await this.#double?.stop();
  }

  async #isUp(): Promise<void> {
    const nodes = new NodeStore(openTable('patchbay', this.#gateway.dynamodb));
    await until(
      'the node is up with both engines',
      async () => {
        const [node] = await nodes.list();
        return node?.engines.filter(({ kind, up }) => up && kind !== 'p2p').length === 2;
      },
      startMs,
    );
  }
}
