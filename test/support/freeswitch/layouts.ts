import { readFileSync } from 'node:fs';

const file = new URL('../../../infra/containers/freeswitch/conf/conference_layouts.conf.xml', import.meta.url);

let names: ReadonlySet<string> | undefined;

/** The project's configuration of them, as FreeSWITCH shows it: without what is around it in the file. */
export const layoutsXml = (): string =>
  readFileSync(file, 'utf8')
    .replace(/^[\s\S]*?(?=<configuration )/, '')
    .replace(/<\/include>\s*$/, '');

/** Those of the project's configuration. */
export function layoutNames(): ReadonlySet<string> {
  names ??= new Set([...layoutsXml().matchAll(/<layout name="([^"]+)"/g)].map(([, name = '']) => name));
  return names;
}
