import { PatchbayClient } from '../client/index.ts';
import { nodeTransport } from '../client/node-transport.ts';
import { type CallParts, conferenceCall, echoCall, roomCall } from './calls.ts';
import { explain } from './explain.ts';
import type { Legs } from './leg.ts';
import { mediaLegs } from './media-legs.ts';
import { NodeWait } from './node-wait.ts';
import { readOptions, type SmokeOptions, UsageError, usage } from './options.ts';
import { Failed, Report } from './report.ts';
import { signallingLegs } from './signalling-legs.ts';
import type { Wrtc } from './tone.ts';

export interface SmokeIo {
  readonly print: (line: string) => void;
  /** The variable PATCHBAY_TOKEN. */
  readonly token?: string | undefined;
  /** libwebrtc, or undefined where it is not installed. */
  readonly loadWrtc: () => Promise<Wrtc | undefined>;
}

/** @returns the exit code: 0 all well, 1 something is not, 2 not asked properly */
export async function smoke(args: readonly string[], { print, token, loadWrtc }: SmokeIo): Promise<0 | 1 | 2> {
  try {
    const options = readOptions(args, token);
    if (options === 'help') print(usage);
    else return await run(options, print, loadWrtc);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function run(
  options: SmokeOptions,
  print: (line: string) => void,
  loadWrtc: SmokeIo['loadWrtc'],
): Promise<0 | 1> {
  const { url, media, waitSeconds } = options;
  const { host, pathname } = new URL(url);
  const wrtc = media === 'skip' ? undefined : await loadWrtc();
  const noMedia = media === 'skip' ? '--media skip' : 'the package @roamhq/wrtc is not installed';
  print(`smoke test of ${host}${pathname}`);
  print(wrtc ? 'checked: signalling, and real media by @roamhq/wrtc\n' : `checked: signalling alone (${noMedia})\n`);

  const report = new Report(print);
  const nodes = new NodeWait(waitSeconds, (text) => report.note(text));
  const client = await connect(options, report);
  if (client) {
    const legs = wrtc ? mediaLegs(client, wrtc) : signallingLegs(client);
    await makeCalls(options, { report, legs, nodes, noMedia }, legs);
    client.close();
  }
  if (!wrtc && media === 'require') {
    await report
      .check('media', () => Promise.reject(new Error(`${noMedia}: npm install @roamhq/wrtc`)))
      .catch(() => {});
  }
  report.end();
  return report.failures === 0 ? 0 : 1;
}

async function connect({ url, token }: SmokeOptions, report: Report): Promise<PatchbayClient | undefined> {
  try {
    return await report.check('connect', async () => {
      const common = { url, transport: nodeTransport, reconnect: false };
      const client = new PatchbayClient({ ...common, ...(token !== undefined && { token }) });
      await client.connect();
      return client;
    });
  } catch {
    return undefined;
  }
}

/** Each call, though the one before it failed: what works is worth as much as what does not. */
async function makeCalls({ freeswitch }: SmokeOptions, parts: CallParts, legs: Legs): Promise<void> {
  const calls = [
    () => echoCall(parts),
    () => roomCall(parts),
    ...(freeswitch ? [() => echoCall(parts, 'freeswitch'), () => conferenceCall(parts)] : []),
  ];
  for (const call of calls) {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof Failed)) for (const line of explain(error)) parts.report.note(line);
    }
  }
  legs.close();
}
