import type { Received } from './freeswitch/steering.ts';

/** What would be a second command, another argument, a variable or a header, if it came through. */
export const mark = 'pwned';
const second = `api global_setvar ${mark} yes`;
export const hostile = [
  `${mark}\n\n${second}\n\n`,
  `${mark}\r\n\r\nBYE sip:${mark}@127.0.0.1 SIP/2.0\r\n\r\n`,
  `${mark}\r`,
  `${mark} inline`,
  `${mark},origination_uuid=${mark}`,
  `\${system(${mark})}`,
  `$\${${mark}}`,
  `${mark};transport=udp`,
  `"${mark}"`,
  `'${mark}'`,
  `${mark}\0`,
  `{${mark}=yes}`,
  `${mark}@default++flags{${mark}}`,
  `${mark}+`,
  `ä😀${mark}\n\n${second}\n\n`,
];

/** Fields of free text: whatever is in them, they lead nowhere. */
const freeText = new Set(['sdp', 'reason', 'info', 'resume_token', 'cursor', 'user_id', 'note']);
/** Fields that hold any text, as long as it is one line. */
const lines = new Set(['sdpMid', 'candidate']);
/** Fields that have a newer name, by which they are refused. */
const newerNames: Readonly<Record<string, string>> = { mcu_layout: 'layout', session_type: 'type' };

/** One string in a command's data. */
interface Place {
  readonly field: string;
  readonly put: (value: string) => Record<string, unknown>;
}

export interface Attack {
  readonly route: string;
  readonly data: Record<string, unknown>;
  /** What the refusal must name; undefined where free text is, or a text that the field may hold. */
  readonly refused: string | undefined;
}

/** Every string of a command's data, made hostile in every way, one at a time. */
export function attacks(route: string, data: Readonly<Record<string, unknown>>): Attack[] {
  return placesIn(data).flatMap(({ field, put }) =>
    hostile.map((text) => {
      return { route, data: put(text), refused: isFree(field, text) ? undefined : (newerNames[field] ?? field) };
    }),
  );
}

const isFree = (field: string, text: string): boolean =>
  freeText.has(field) || text === `${mark}+` || (lines.has(field) && !/[\0\r\n]/.test(text));

function placesIn(data: Readonly<Record<string, unknown>>): Place[] {
  return Object.entries(data).flatMap(([field, value]): Place[] => {
    // In an SDP it is one more line, of which there may be any.
    if (field === 'sdp') return [{ field, put: (text) => ({ ...data, sdp: `${value}a=x-${text}\r\n` }) }];
    if (field === 'candidate') return [{ field, put: (text) => ({ ...data, candidate: `${value} ${text}` }) }];
    if (typeof value === 'string') return [{ field, put: (text) => ({ ...data, [field]: text }) }];
    if (typeof value !== 'object' || value === null) return [];
    const inner = placesIn(value as Readonly<Record<string, unknown>>);
    const filled = (made: Record<string, unknown>) => (Array.isArray(value) ? Object.values(made) : made);
    return inner.map((one) => ({ field: one.field, put: (text) => ({ ...data, [field]: filled(one.put(text)) }) }));
  });
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const tag = 'patchbay-[A-Za-z0-9-]+';
const originate = [
  `origination_uuid=${uuid}`,
  `origination_caller_id_number=${tag}`,
  `origination_callee_id_number=${tag}`,
  'originate_timeout=\\d+',
  `sip_h_X-Patchbay-Channel=${uuid}`,
  'absolute_codec_string=\\^\\^:[A-Z0-9:]+',
].join(',');
/** All that a controller has to say, to the last character. */
const wanted = [
  'auth \\S+',
  'event json [A-Za-z_: ]+',
  'filter [A-Za-z-]+ [A-Za-z_:]+',
  'api version short',
  'api module_exists [a-z_]+',
  'api xml_locate configuration configuration name conference_layouts.conf',
  'api show channels as json',
  `api uuid_(?:park|kill) ${uuid}`,
  `api uuid_bridge ${uuid} ${uuid}`,
  `api uuid_transfer ${uuid} (?:echo|conference:${uuid}@[A-Za-z0-9-]+) inline`,
  `api conference ${uuid} (?:json_list|vid-layout [A-Za-z0-9_+-]+)`,
  `bgapi originate \\{${originate}(?:,media_webrtc=true)?(?:,video_possible=true)?\\}sofia/internal/patchbay@127\\.0\\.0\\.1:\\d+;transport=tcp &park\\(\\)`,
  '(?:INVITE|CANCEL) sip:(?:park|echo|mcu)@127\\.0\\.0\\.1:\\d+;transport=tcp',
  '(?:ACK|BYE) sip:(?:park|echo|mcu|mod_sofia)@127\\.0\\.0\\.1:\\d+;transport=tcp',
  '\\d{3} (?:INVITE|BYE|CANCEL)',
].map((pattern) => new RegExp(`^${pattern}$`));

/** What was received and nobody had to say. */
export const unwanted = (received: readonly Received[]): string[] =>
  received.map(({ text }) => text).filter((text) => !wanted.some((pattern) => pattern.test(text)));
