import { requireFolder } from '../backends/freeswitch/requests.ts';
import { formatJanusUrl } from '../backends/janus/url.ts';
import { type Variable, variables } from '../env.ts';
import { NodeStore } from '../store/nodes.ts';
import type { Table } from '../store/table.ts';
import type { Child } from './child.ts';
import { startController } from './controller.ts';
import { type LocalFreeSwitch, startFreeSwitch } from './freeswitch.ts';
import { type LocalJanus, startJanus } from './janus.ts';
import type { LocalSettings } from './settings.ts';

/** The media node of the local stack: its engines, and the controller before them. */

const nodeId = 'local';
const readyMs = 20_000;

/** Those that are our own. */
export interface LocalEngines {
  readonly janus?: LocalJanus | undefined;
  readonly freeswitch?: LocalFreeSwitch | undefined;
}

/** @param children gets what is started */
export async function startEngines(settings: LocalSettings, children: Child[]): Promise<LocalEngines> {
  const janus = settings.janusUrls.length > 0 ? undefined : await startJanus(settings.dataDir, settings);
  if (janus) children.push(janus.child);
  const freeswitch = settings.freeswitchUrls.length > 0 ? undefined : await startFreeSwitch(settings.dataDir, settings);
  if (freeswitch) children.push(freeswitch.child);
  if (freeswitch || settings.freeswitchUrls.length > 0) requireFolder(variables.dataDir, settings.dataDir);
  return { janus, freeswitch };
}

export interface NodeOptions {
  readonly settings: LocalSettings;
  readonly engines: LocalEngines;
  readonly table: Table;
  /** The rest of the stack, as the controller is told of it. */
  readonly whatItUses: Readonly<Partial<Record<Variable, string>>>;
  readonly children: Child[];
}

/** Starts the controller; returns when it is there, with all its engines. */
export async function startNode({
  settings,
  engines: { janus, freeswitch },
  table,
  whatItUses,
  children,
}: NodeOptions): Promise<{ url: string; pid: number | undefined }> {
  const freeswitchUrls = freeswitch ? [freeswitch.url] : settings.freeswitchUrls;
  const controller = startController(settings.dataDir, {
    ...whatItUses,
    nodeId,
    freeswitchUrl: freeswitchUrls.join(','),
    publicIp: settings.mediaAddress,
    janusUrl: (janus ? [formatJanusUrl(janus.address)] : settings.janusUrls).join(','),
    allowedNetworks: settings.allowedNetworks.join(','),
  });
  children.push(controller);
  const expected = ['janus', ...(freeswitchUrls.length > 0 ? ['freeswitch'] : [])];
  return { url: await nodeUp(new NodeStore(table), expected), pid: controller.pid };
}

/** As `stack.json` has it. */
export const engineWhereabouts = ({ janus, freeswitch }: LocalEngines) => ({
  freeswitch: freeswitch && { url: freeswitch.url, pid: freeswitch.child.pid },
  janus: janus && {
    url: janus.url,
    adminUrl: janus.adminUrl,
    adminSecret: janus.adminSecret,
    pid: janus.child.pid,
  },
});

/** Waits until the controller has registered with an engine of each expected kind up; where it is. */
async function nodeUp(nodes: NodeStore, kinds: readonly string[]): Promise<string> {
  const startedAtMs = Date.now();
  while (Date.now() - startedAtMs < readyMs) {
    const list = await nodes.list();
    const node = list.find(
      ({ nodeId: id, heartbeatAtMs, engines }) =>
        id === nodeId &&
        heartbeatAtMs >= startedAtMs &&
        kinds.every((wanted) => engines.some(({ kind, up }) => up && kind === wanted)),
    );
    if (node) return node.url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${kinds.join(' and ')} did not come up within ${readyMs / 1000} s: see the logs in the data folder`);
}
