import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containersDir } from './dockerfile.ts';

const own = (name: string) => [name, `/run/patchbay/${name}`] as const;
const data = ['data', '/var/lib/patchbay'] as const;

/** Which container of a node sees what: its volumes, and where. But for the recordings, an engine has nothing of another's. */
export const mounts: Readonly<Record<string, readonly (readonly [volume: string, path: string])[]>> = {
  configure: [own('controller'), own('janus'), own('freeswitch')],
  controller: [own('controller'), data],
  janus: [own('janus'), data],
  freeswitch: [own('freeswitch'), data],
  /** In compose.yaml alone. */
  gateway: [data],
};

/** The same, as compose.yaml has it. */
export async function composeMounts(service: string): Promise<[volume: string, path: string][]> {
  const text = await readFile(join(containersDir, 'compose.yaml'), 'utf8');
  const [, block = ''] = new RegExp(`\\n  ${service}:\\n((?: {4}.*\\n)+)`).exec(text) ?? [];
  const [, list = ''] = /^ {4}volumes: (\[.*\])$/m.exec(block) ?? [];
  return (JSON.parse(list) as string[]).map((one) => {
    const [volume = '', path = ''] = one.split(':');
    return [volume, path];
  });
}
