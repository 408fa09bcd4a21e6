import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { scopes } from '../../lib/domain/access.ts';
import { capabilities } from '../../lib/domain/capabilities.ts';
import { lateCandidateMs } from '../../lib/domain/trickle.ts';
import { candidate, maxCandidates, maxSessionCandidates } from '../../lib/protocol/candidate.ts';
import { type Command, commandNames, commandRow, commands } from '../../lib/protocol/commands.ts';
import { errorTable } from '../../lib/protocol/errors.ts';
import { subscription } from '../../lib/protocol/event.ts';
import { lastSeq } from '../../lib/protocol/events.ts';
import { limits } from '../../lib/protocol/limits.ts';
import { nodeListReply } from '../../lib/protocol/node.ts';
import { recording } from '../../lib/protocol/recording.ts';
import { defaultRoomType, roomDefaults, roomMember, roomSummary } from '../../lib/protocol/room.ts';
import { applied, attachReply, description, sessionSummary } from '../../lib/protocol/session.ts';
import { maxQueuedEvents } from '../../lib/push/connection-queue.ts';
import { anchorOf, coded, headings, listed, page, read, rowsOf, section } from '../support/protocol-page.ts';

/** What docs/protocol.md says of the wire is what the schemas and tables of lib/protocol say, no more and no less. */

interface Field {
  readonly name: string;
  /** As the tables write it: `name`, `name?` or `name = default`. */
  readonly written: string;
  readonly byDefault: string | undefined;
  readonly isRequired: boolean;
  /** `1..25`, of numbers that are bounded at both ends. */
  readonly range: string | undefined;
}

function fieldsOf(schema: z.core.$ZodType, io: 'input' | 'output'): Field[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const { default: value, minimum, maximum } = typeof property === 'object' ? property : {};
    const byDefault = value === undefined || io === 'output' ? undefined : plain(value);
    const isRequired = required.includes(name);
    const isBounded = minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
    return {
      name,
      byDefault,
      isRequired,
      written: byDefault === undefined ? `${name}${isRequired ? '' : '?'}` : `${name} = ${byDefault}`,
      range: isBounded ? `${minimum}..${maximum}` : undefined,
    };
  });
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const written = (schema: z.core.$ZodType, io: 'input' | 'output') => fieldsOf(schema, io).map((one) => one.written);
/** Without the commas between thousands. */
const digits = (text: string) => text.replaceAll(/(?<=\d),(?=\d{3})/g, '');

const commandRows = new Map(
  rowsOf(page, 'command').map(([names = '', data = '', reply = '', ...more]) => [
    coded(names)[0] ?? '',
    { names: coded(names), data, reply, text: [data, reply, ...more].join(' ') },
  ]),
);
const rowOf = (command: Command) => {
  const row = commandRows.get(command);
  if (!row) throw new Error(`docs/protocol.md has no row of ${command}`);
  return row;
};

/** Replies whose fields have a table of their own, by the heading to which their cell leads. */
const ofTheirOwn: Readonly<Partial<Record<Command, string>>> = {
  'session/get_info': 'What get_info says',
  'room/get_info': 'What room/get_info says',
};

test('each command has its row, with its older names, and no row is of a command that is gone', () => {
  expect([...commandRows.keys()].sort()).toEqual([...commandNames].sort());
  for (const command of commandNames) {
    expect(rowOf(command).names, command).toEqual([command, ...(commandRow(command).alsoKnownAs ?? [])]);
  }
});

test.each(commandNames.filter((command) => command !== 'session/create'))(
  'the fields of %s, which of them are needed, their defaults and bounds',
  (command) => {
    const { data, ofSession } = commandRow(command);
    const fields = fieldsOf(data, 'input').filter(({ name }) => !(ofSession && name === 'session_id'));
    expect(coded(rowOf(command).data)).toEqual(fields.map((one) => one.written));
    for (const { name, range } of fields) {
      if (range !== undefined) expect(digits(rowOf(command).text), `range of ${name}`).toContain(range);
    }
  },
);

test('the commands that do not take session_id as all others do', () => {
  const [, sentence = ''] = /Every command but (.*?) also takes/s.exec(section('Sessions')) ?? [];
  const others = commandNames.filter((name) => name.startsWith('session/') && !commandRow(name).ofSession);
  expect(coded(sentence).sort()).toEqual([...others].sort());
  for (const command of commandNames.filter((name) => commandRow(name).ofSession)) {
    expect(written(commandRow(command).data, 'input'), command).toContain('session_id?');
  }
});

test.each(commandNames)('the fields of the reply to %s', (command) => {
  const { reply } = commandRow(command);
  const { reply: cell } = rowOf(command);
  const heading = ofTheirOwn[command];
  if (heading === undefined) {
    expect(coded(cell)).toEqual(written(reply, 'output'));
    return;
  }
  expect(cell).toContain(`(#${anchorOf(heading)})`);
  const told = rowsOf(section(heading), 'field').flatMap(([names = '']) => listed(names));
  expect(told.sort()).toEqual(written(reply, 'output').sort());
});

test('the fields of create, their defaults and bounds', () => {
  const rows = rowsOf(section('create'), 'field');
  const told = rows.flatMap(([names = '', byDefault = '', text = '']) =>
    listed(names).map((name) => ({ name, byDefault, text })),
  );
  const fields = fieldsOf(commands['session/create'].data, 'input');
  expect(told.map(({ name }) => name).sort()).toEqual(fields.map(({ name }) => name).sort());
  /** Where there is none to be joined, a room is made so. */
  const later: Readonly<Record<string, unknown>> = {
    room_type: defaultRoomType,
    room_audio_codec: roomDefaults.audio_codec,
    room_video_codec: roomDefaults.video_codec,
    room_bitrate: roomDefaults.bitrate,
  };
  for (const { name, byDefault, text } of told) {
    const field = fields.find((one) => one.name === name);
    const expected = field?.byDefault ?? (name in later ? plain(later[name]) : undefined);
    if (expected !== undefined) expect(byDefault, name).toBe(expected);
    expect(byDefault === 'mandatory', name).toBe(field?.isRequired);
    if (field?.range !== undefined) expect(digits(text), `range of ${name}`).toContain(field.range);
  }
});

test('the objects, and the lines of lists', () => {
  const { nodes } = nodeListReply.shape;
  const told = [...rowsOf(page, 'object'), ...rowsOf(page, 'list')].map(([name = '', fields = '']) => [
    name.replaceAll('`', ''),
    coded(fields),
  ]);
  expect(Object.fromEntries(told)).toEqual({
    'offer, answer': written(z.extend(description, { sdp: z.string() }), 'input'),
    candidate: written(candidate, 'input'),
    'sessions of session/get_list': written(sessionSummary, 'output'),
    'sessions of session/attach': written(attachReply.shape.sessions.def.element, 'output'),
    recordings: written(recording, 'output'),
    members: written(roomMember, 'output'),
    rooms: written(roomSummary, 'output'),
    subscriptions: written(subscription, 'input'),
    nodes: written(nodes.def.element, 'output'),
    'engines of a node': written(nodes.def.element.shape.engines.def.element, 'output'),
  });
  expect(Object.keys(applied.shape).sort()).toEqual(
    fieldsOf(commands['session/update_media'].data, 'input')
      .map(({ name }) => name)
      .filter((name) => name !== 'session_id')
      .sort(),
  );
});

test('each older name of a field', () => {
  const older = commandNames.flatMap((command) =>
    Object.entries(commandRow(command).fieldNames ?? {}).map(([name, now]) => `${command} ${name} ${now}`),
  );
  const told = rowsOf(section('Older forms'), 'older').flatMap(([name = '', now = '', of = '']) =>
    coded(of).map((command) => `${command} ${name} ${now}`),
  );
  expect(told.sort()).toEqual(older.sort());
});

test('which backend does which type, and who may offer', () => {
  const told = rowsOf(section('Types'), 'type').map(([type, backend, offeree, offerer]) => [
    type,
    backend,
    offeree !== 'no',
    offerer !== 'no',
  ]);
  // The slave of a proxy has its offer from the server, by its master.
  const done = capabilities.map(({ type, backend, roles }) => [
    type,
    backend,
    roles.includes('offeree'),
    roles.includes('offerer') || type === 'proxy',
  ]);
  expect(told).toEqual(done);
});

test('each error, in the order of the codes', () => {
  const told = rowsOf(section('Errors'), 'code').map(([code, reason]) => [Number(code), reason]);
  const all = Object.entries(errorTable).map(([reason, [code]]) => [code, reason] as const);
  expect(told).toEqual(all.sort(([a], [b]) => a - b));
});

const events = await read('lib/protocol/events.ts');
/** The names of an interface's members: types leave nothing else to ask at run time. */
function membersOf(name: string): string[] {
  const [, body = ''] = new RegExp(`interface ${name} {\\n(.*?)^}`, 'ms').exec(events) ?? [];
  return [...body.matchAll(/^ {2}(\w+):/gm)].map(([, member = '']) => member);
}
/** The classes of a union of statuses. */
function classesOf(name: string): string[] {
  const [, body = ''] = new RegExp(`type ${name} =(.*?);\\n\\n`, 's').exec(events) ?? [];
  return [...body.matchAll(/class: '(\w+)'/g)].map(([, word = '']) => word);
}

test('each type of event', () => {
  const told = (subclass: string) =>
    rowsOf(section('Events'), 'subclass', 'type')
      .filter(([first]) => first === subclass)
      .flatMap(([, types = '']) => listed(types));
  expect(told('session').sort()).toEqual(membersOf('SessionEventBodies').sort());
  expect(told('room').sort()).toEqual(membersOf('RoomEventBodies').sort());
  expect(section('Events')).toContain(String(lastSeq));
});

test('each class of status', () => {
  const told = (subclass: string) =>
    rowsOf(section('Events'), 'subclass', 'class of status')
      .filter(([first]) => first === subclass)
      .map(([, word = '']) => word);
  expect(told('session').sort()).toEqual(classesOf('SessionStatus').sort());
  expect(told('room').sort()).toEqual(classesOf('RoomStatus').sort());
});

test('each limit', () => {
  const kb = (bytes: number) => `${bytes / 1024} KB`;
  const count = (number: number) => number.toLocaleString('en-US');
  const told = new Map(rowsOf(section('Limits'), 'what').map(([what = '', limit = '']) => [what, limit]));
  const ofTable: Record<keyof typeof limits, readonly [what: string, limit: string]> = {
    messageBytes: ['a message, in either direction', kb(limits.messageBytes)],
    frameBytes: ['one frame that a client sends', kb(limits.frameBytes)],
    pageBytes: ['a page of a list', kb(limits.pageBytes)],
    idleMs: ['without a message', `${limits.idleMs / 60_000} min`],
    connectionMs: ['a connection', `${limits.connectionMs / 3_600_000} h`],
    integrationMs: ['a reply', `${limits.integrationMs / 1000} s`],
    waitSeconds: ['waiting for an offer or answer', `${limits.waitSeconds} s`],
    sdpChars: ['an SDP', `${count(limits.sdpChars)} characters`],
    tidChars: ['`tid`', `${limits.tidChars} characters`],
    eventBodyBytes: ['`event_body`', `${kb(limits.eventBodyBytes)} of JSON`],
    infoBytes: ['`data` of `send_info`', `${kb(limits.infoBytes)} of JSON`],
    eventLog: ['events of a session that are kept', String(limits.eventLog)],
  };
  const others: readonly (readonly [what: string, limit: string])[] = [
    ['events that wait for one connection', count(maxQueuedEvents)],
    ['candidates in one message', String(maxCandidates)],
    ['candidates of a session', String(maxSessionCandidates)],
  ];
  expect(Object.keys(ofTable).sort()).toEqual(Object.keys(limits).sort());
  const all = [...Object.values(ofTable), ...others];
  expect([...told.keys()].sort()).toEqual(all.map(([what]) => what).sort());
  for (const [what, limit] of all) expect(told.get(what)?.split(/[;,] /)[0], what).toBe(limit);
  expect(section('Messages')).toContain(`up to ${lateCandidateMs / 1000} s after\n\`set_candidate_end\``);
});

test('each scope', () => {
  const told = rowsOf(section('Identity and access'), 'scope').flatMap(([scope = '']) => coded(scope));
  expect(told).toEqual([...scopes]);
});

test('each heading of it that a comment cites is there', async () => {
  const cited: string[] = [];
  for (const folder of ['lib/', 'functions/', 'test/']) {
    const files = await readdir(new URL(`../../${folder}`, import.meta.url), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      cited.push(...[...(await read(folder + file)).matchAll(/docs\/protocol\.md#([\w-]+)/g)].map(([, to = '']) => to));
    }
  }
  expect(cited.length).toBeGreaterThan(30);
  const anchors = headings(page).map(anchorOf);
  expect(cited.filter((to) => !anchors.includes(to))).toEqual([]);
});

test('each page and heading that it leads to is there', async () => {
  const links = [...page.matchAll(/\]\(([\w./-]*)(?:#([\w/-]+))?\)/g)].map(([, path = '', anchor]) => ({
    path,
    anchor,
  }));
  expect(links.length).toBeGreaterThan(20);
  for (const { path, anchor } of links) {
    const text = path === '' ? page : await read(new URL(path, 'file:///docs/').pathname.slice(1));
    if (anchor !== undefined) expect(headings(text).map(anchorOf), `${path}#${anchor}`).toContain(anchor);
  }
});
