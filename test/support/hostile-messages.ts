import fc from 'fast-check';

/** Messages as a broken or a hostile client sends them: arbitrary JSON, and valid commands with something changed. */

const hostileStrings = [
  '',
  '\u0000',
  '\ud800',
  '\r\nbgapi status\r\n\r\n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '$connect',
  '$disconnect',
  '$default',
  '$request.body.cmd',
  '../../etc/passwd',
  '%00%0a',
  "'; DROP TABLE patchbay; --",
  'T#default#S#x',
  'a@local',
  'a@b@c',
  '@',
  'x'.repeat(65),
  'x'.repeat(4000),
  '🦜'.repeat(40),
  'm=audio',
  'v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=ice-ufrag:x\na=fingerprint:x',
  'v=0\r\nm=\r\nm=\r\n',
];
const hugeNumbers = ['1e308', '1e999', '-1e999', '9007199254740993', '-0', '1e-400', '0.1', '-1', '2147483648'];
/** Numbers that JSON.stringify would not write this way are put in as text afterwards. */
const placeholder = (index: number) => `\u0001number${index}\u0001`;

const words = ['cmd', 'class', 'subclass', 'data', 'tid', 'result', 'ping', 'type', 'offer', 'sdp', 'session_id'];
const keys = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '', '\u0000', 'then', 'toJSON', 'length'),
  fc.string({ maxLength: 12 }),
);

const scalar = fc.oneof(
  fc.constantFrom(...hostileStrings),
  fc.nat({ max: hugeNumbers.length - 1 }).map(placeholder),
  fc.string({ maxLength: 40 }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(true, false, null),
  fc.constantFrom('session', 'create', 'get_list', 'echo', 'janus', 'default', 'local'),
);

const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
  ),
})).value;

const validCommands = (sdp: string): fc.Arbitrary<Record<string, unknown>> => {
  const session = { class: 'media', subclass: 'session', tid: 1 };
  const someone = { session_id: 'nobody' };
  return fc.constantFrom<Record<string, unknown>>(
    { ...session, cmd: 'create', data: { type: 'echo', offer: { sdp }, wait_reply: true } },
    { ...session, cmd: 'create', data: { type: 'echo', offer: { sdp }, session_id: 'mine', event_body: { a: 1 } } },
    {
      ...session,
      cmd: 'start',
      data: { type: 'echo', offer: { sdp, sdp_type: 'webrtc' }, backend: 'janus', bitrate: 1 },
    },
    { ...session, cmd: 'create', data: { type: 'listen', publisher: 'somebody', wait_timeout: 5 } },
    { ...session, cmd: 'create', data: { type: 'mcu', room_id: 'room', room_type: 'video-mcu-stereo', layout: '2x2' } },
    { ...session, cmd: 'destroy', data: { ...someone, reason: 'because' } },
    { ...session, cmd: 'stop' },
    { ...session, cmd: 'get_info', data: someone },
    { ...session, cmd: 'get_answer', data: { timeout: 1 } },
    { ...session, cmd: 'update_media', data: { mute_audio: true, bitrate: 100_000 } },
    {
      ...session,
      cmd: 'get_list',
      data: { limit: 10, type: 'echo', user_id: 'anonymous', cursor: 'WyJsb2NhbCIsIiJd' },
    },
    { class: 'session', cmd: 'get_list', tid: 'text' },
    { ping: true, tid: 1 },
    { cmd: 'ping' },
    { result: 'ok', tid: 1 },
  );
};

interface Change {
  /** Which of the object's places, counted through. */
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add' | 'rename';
  readonly key: string;
  readonly value: unknown;
}

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    at: fc.nat({ max: 30 }),
    how: fc.constantFrom('replace', 'remove', 'add', 'rename'),
    key: keys,
    value: anything,
  }),
  { maxLength: 2 },
);

function changed(command: Record<string, unknown>, all: readonly Change[]): Record<string, unknown> {
  const copy = structuredClone(command);
  for (const { at, how, key, value } of all) {
    const places = placesOf(copy);
    const place = places[at % Math.max(1, places.length)];
    if (!place) continue;
    const old = Reflect.get(place.object, place.name);
    if (how === 'replace') put(place.object, place.name, value);
    else if (how === 'add') put(place.object, key, value);
    else Reflect.deleteProperty(place.object, place.name);
    if (how === 'rename') put(place.object, key, old);
  }
  return copy;
}

/** As an own property, `__proto__` too. */
function put(object: object, name: string, value: unknown): void {
  if (Array.isArray(object) && name === 'length') return;
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

const placesOf = (object: object): { object: object; name: string }[] =>
  Object.entries(object).flatMap(([name, value]: [string, unknown]) => [
    { object, name },
    ...(typeof value === 'object' && value !== null ? placesOf(value) : []),
  ]);

const toText = (value: unknown): string =>
  hugeNumbers.reduce(
    (text, number, index) => text.replaceAll(JSON.stringify(placeholder(index)), number),
    JSON.stringify(value) ?? 'null',
  );

/** A text with something cut out or put in, so that most often it is no JSON any more. */
const damaged = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(), fc.nat({ max: 5 }), fc.constantFrom('', '{', '"', ',', '\\', '\u0000', '}}'))
    .map(([whole, at, length, put]) => {
      const from = at % (whole.length + 1);
      return whole.slice(0, from) + put + whole.slice(from + length);
    });

/** Each fits into one frame. */
export function hostileMessages(sdp: string): fc.Arbitrary<string> {
  const mutated = fc.tuple(validCommands(sdp), changes).map(([command, all]) => toText(changed(command, all)));
  return fc
    .oneof(
      { weight: 6, arbitrary: mutated },
      { weight: 2, arbitrary: anything.map(toText) },
      { weight: 2, arbitrary: fc.dictionary(keys, anything, { maxKeys: 6 }).map(toText) },
      { weight: 1, arbitrary: damaged(mutated) },
      { weight: 1, arbitrary: fc.string({ maxLength: 200, unit: 'binary' }) },
    )
    .map((text) => (Buffer.byteLength(text) > 32 * 1024 ? '{}' : text));
}
