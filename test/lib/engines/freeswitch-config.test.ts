import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreeSwitchSettings, writeFreeSwitchVariables } from '../../../lib/engines/freeswitch-config.ts';
import { containersDir } from '../../support/dockerfile.ts';

const start = join(containersDir, 'freeswitch', 'start');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-test-freeswitch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = (some: Partial<FreeSwitchSettings> = {}): FreeSwitchSettings => ({
  folder,
  eslPort: 18_021,
  eslPassword: 'correct-horse',
  sipPort: 15_060,
  localAddress: '127.0.0.1',
  logFile: '/data/logs/freeswitch.log',
  ...some,
});

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** What FreeSWITCH's preprocessor makes of a file: line by line, includes put in, variables replaced by their values. */
async function preprocess(file: string, variables: Map<string, string>): Promise<string> {
  let text = '';
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [, command, data = ''] = /<X-PRE-PROCESS cmd="(\w+)" data="([^"]*)"\/>/.exec(line) ?? [];
    if (command === undefined) {
      if (!/^<\/?include>$|^<\?xml/.test(line)) text += `${replaced(line, variables)}\n`;
    } else if (command === 'set') {
      variables.set(data.slice(0, data.indexOf('=')), data.slice(data.indexOf('=') + 1));
    } else {
      expect(command).toBe('include');
      const files = (await readdir(join(file, '..')))
        .sort()
        .filter((name) => (data.startsWith('*') ? name.endsWith(data.slice(1)) : name === data));
      expect(files, `files that ${data} includes`).not.toEqual([]);
      for (const name of files) text += await preprocess(join(file, '..', name), variables);
    }
  }
  return text;
}

const replaced = (line: string, variables: Map<string, string>) =>
  line.replace(/\$\$\{(\w+)\}/g, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) throw new Error(`$\${${name}} is not set`);
    return value;
  });

const unescaped = (value: string) => value.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

/** @throws Error where it is not well-formed; of XML it knows what the configuration uses */
function parse(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const rest = xml.replace(/<!--(?:(?!--)[\s\S])*-->/g, '');
  const tag = /<(\/?)([\w-]+)((?:\s+[\w-]+="(?:[^"<&]|&#\d+;)*")*)\s*(\/?)>|([^<]+|<)/g;
  for (const [all, closing, name = '', attributes = '', alone, text] of rest.matchAll(tag)) {
    const parent = open.at(-1) ?? root;
    if (text === '<') throw new Error(`a stray < in ${parent.name}`);
    if (text !== undefined) {
      parent.text += text.trim();
      continue;
    }
    if (closing) {
      if (open.pop()?.name !== name) throw new Error(`${all} closes what is not open`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      unescaped(value),
    ]);
    const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
    parent.children.push(element);
    if (!alone) open.push(element);
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)?.name} is not closed`);
  return root;
}

const within = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...within(child, name)]);

async function read(some: Partial<FreeSwitchSettings> = {}) {
  await writeFreeSwitchVariables(settings(some));
  // Puts it together, and instead of FreeSWITCH runs nothing.
  await promisify(execFile)(start, [folder], { env: { ...process.env, PATCHBAY_FREESWITCH_BIN: 'true' } });
  const variables = new Map<string, string>();
  const document = parse(await preprocess(join(folder, 'conf', 'freeswitch.xml'), variables));
  const configuration = (name: string): Element => {
    const found = within(document, 'configuration').filter(({ attributes }) => attributes.name === name);
    expect(found, name).toHaveLength(1);
    return found[0] as Element;
  };
  /** Its `param`s by name; each stands there once. */
  const params = (element: Element): Record<string, string> => {
    const pairs = within(element, 'param').map(({ attributes }) => [attributes.name, attributes.value]);
    expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
    return Object.fromEntries(pairs);
  };
  return { document, variables, configuration, params };
}

const profilesOf = async () => {
  const { configuration, params } = await read();
  const profiles = within(configuration('conference.conf'), 'profile');
  return new Map(profiles.map((profile) => [profile.attributes.name, params(profile)]));
};

describe("FreeSWITCH's configuration", () => {
  test('loads these modules and no other', async () => {
    const { configuration } = await read();
    const modules = within(configuration('modules.conf'), 'load').map(({ attributes }) => attributes.module);
    expect(modules).toEqual([
      'mod_logfile',
      'mod_event_socket',
      'mod_commands',
      'mod_sofia',
      'mod_dialplan_xml',
      'mod_dptools',
      'mod_conference',
      'mod_opus',
      'mod_av',
      'mod_sndfile',
    ]);
  });

  test('listens on loopback only, by ESL and by SIP over TCP', async () => {
    const { document, configuration, params } = await read();
    expect(params(configuration('event_socket.conf'))).toMatchObject({
      'listen-ip': '127.0.0.1',
      'listen-port': '18021',
      'apply-inbound-acl': 'loopback.auto',
    });
    const profiles = within(configuration('sofia.conf'), 'profile');
    expect(profiles).toHaveLength(1);
    const sip = params(profiles[0] as Element);
    expect(sip).toMatchObject({
      'sip-ip': '127.0.0.1',
      'sip-port': '15060',
      'bind-params': 'transport=tcp',
      'apply-inbound-acl': 'loopback.auto',
      tls: 'false',
    });
    expect(Object.keys(sip).filter((name) => /ws-binding|wss-binding|ext-/.test(name))).toEqual([]);
    // Any other way in has a configuration of its own.
    expect(within(document, 'configuration').map(({ attributes }) => attributes.name)).toEqual([
      'acl.conf',
      'opus.conf',
      'avcodec.conf',
      'avformat.conf',
      'conference.conf',
      'conference_layouts.conf',
      'event_socket.conf',
      'logfile.conf',
      'modules.conf',
      'sofia.conf',
      'switch.conf',
    ]);
  });

  test('has the password that it was given, in a file for its owner only, and none of its own', async () => {
    const { configuration, params } = await read();
    expect(params(configuration('event_socket.conf')).password).toBe('correct-horse');
    expect((await stat(join(folder, 'conf'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'conf', 'vars.xml'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(containersDir, 'freeswitch', 'conf'))).not.toContain('vars.xml');
  });

  test('causes no request within a dialog, and takes the Call-ID as uuid', async () => {
    const { configuration, params } = await read();
    expect(params(within(configuration('sofia.conf'), 'profile')[0] as Element)).toMatchObject({
      'inbound-use-callid-as-uuid': 'true',
      'inbound-late-negotiation': 'true',
      'enable-timer': 'false',
      'nat-options-ping': 'false',
      'all-reg-options-ping': 'false',
      'send-display-update': 'false',
      'pass-callee-id': 'false',
    });
  });

  test('notices dead clients, and parks whom a bridge leaves, in every channel', async () => {
    const { variables } = await read();
    expect(Object.fromEntries(variables)).toMatchObject({
      media_timeout: '60000',
      park_after_bridge: 'true',
      hangup_after_bridge: 'false',
    });
  });

  test('sends media only to the candidates that it was told', async () => {
    const { configuration } = await read({ candidateNetworks: ['10.1.0.0/16', '2001:db8::7'] });
    const lists = within(configuration('acl.conf'), 'list');
    expect(lists.map(({ attributes }) => attributes)).toEqual([{ name: 'candidates', default: 'deny' }]);
    expect(within(lists[0] as Element, 'node').map(({ attributes }) => attributes)).toEqual([
      { type: 'allow', cidr: '192.0.2.99/32,10.1.0.0/16,2001:db8::7/128' },
    ]);
  });

  test('holds any value as it was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(...`az/&<>"'= .-é`) }), async (logFile) => {
        const { configuration, params } = await read({ logFile });
        expect(params(configuration('logfile.conf')).logfile).toBe(logFile);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the dialplan', () => {
  const extensions = async () => {
    const { document } = await read();
    return within(document, 'extension').map((extension) => ({
      name: extension.attributes.name ?? '',
      fields: within(extension, 'condition').map(({ attributes }) => attributes.field),
      patterns: within(extension, 'condition').map(({ attributes }) => new RegExp(attributes.expression ?? '')),
      actions: within(extension, 'action').map(({ attributes }) => attributes.application),
    }));
  };

  test('answers park, echo and mcu before it goes there, and hangs up on everything else', async () => {
    expect((await extensions()).map(({ name, actions }) => [name, ...actions])).toEqual([
      ['park', 'answer', 'park'],
      ['echo', 'answer', 'echo'],
      ['mcu', 'answer', 'conference'],
      ['anything else', 'hangup'],
    ]);
  });

  test('takes only names that mean nothing to a conference', async () => {
    const mcu = (await extensions()).find(({ name }) => name === 'mcu');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: FreeSWITCH's own syntax
    const headers = ['${sip_h_X-Patchbay-Room}', '${sip_h_X-Patchbay-Profile}'];
    expect(mcu?.fields).toEqual(['destination_number', ...headers]);
    fc.assert(
      fc.property(fc.string(), (name) => {
        const isPlain = /^[A-Za-z0-9-]+$/.test(name) && name.length <= 64;
        for (const pattern of mcu?.patterns.slice(1) ?? []) expect(pattern.test(name)).toBe(isPlain);
      }),
    );
  });
});

describe('mixed rooms', () => {
  test('have a profile for what a room_type may be, and one for the muting of video', async () => {
    const profiles = await profilesOf();
    expect([...profiles.keys()]).toEqual([
      'audio-mcu',
      'video-mcu-stereo',
      'video-mcu-stereo-1080',
      'video-mcu-stereo-360',
      'silent',
    ]);
    for (const [name, params] of profiles) {
      expect(params['video-mode'], name).toBe(
        name?.startsWith('video-') ? 'mux' : { silent: 'passthrough' }[name ?? ''],
      );
    }
  });

  test('play no sound, take no keys, and tell who comes and goes', async () => {
    for (const [name, params] of await profilesOf()) {
      expect(
        Object.keys(params).filter((key) => /sound|moh/.test(key)),
        name,
      ).toEqual([]);
      expect(params['caller-controls'], name).toBe('none');
      expect(params['suppress-events']?.split(','), name).not.toContain('del-member');
    }
  });

  test('have the usual layouts, whose places are within the picture, and groups made of them', async () => {
    const { configuration } = await read();
    const conf = configuration('conference_layouts.conf');
    const layouts = within(conf, 'layout').filter(({ attributes }) => attributes.name !== undefined);
    const names = layouts.map(({ attributes }) => attributes.name);
    expect(names).toEqual(
      expect.arrayContaining(['1x1', '2x1', '1x2', '2x2', '3x3', '4x4', '1up_top_left+5', '3up+4']),
    );
    for (const { attributes, children } of layouts) {
      // As the protocol lets a layout be named.
      expect(attributes.name).toMatch(/^[A-Za-z0-9_+-]{1,64}$/);
      expect(children.length, attributes.name).toBeGreaterThan(0);
      for (const { attributes: image } of children) {
        expect(Number(image.x) + Number(image.scale), attributes.name).toBeLessThanOrEqual(360);
        expect(Number(image.y) + Number(image.scale), attributes.name).toBeLessThanOrEqual(360);
      }
    }
    const groups = within(conf, 'group');
    expect(groups.map(({ attributes }) => attributes.name)).toContain('grid');
    for (const group of groups) {
      expect(group.children.length).toBeGreaterThan(0);
      for (const { text } of group.children) expect(names).toContain(text);
    }
  });
});
