import { PatchbayError } from '../../protocol/errors.ts';

/**
 * The commands that FreeSWITCH is sent. A newline in one would be a second command, a space another argument, a `${` a
 * variable: so each argument is checked against its own alphabet here, whatever was checked before.
 * https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_commands_1966741/
 */
declare const checked: unique symbol;
/** A command whose arguments are checked. */
export type EslCommand = string & { readonly [checked]: true };

const command = (...words: readonly string[]): EslCommand => words.join(' ') as EslCommand;

/** @throws PatchbayError internal_error: what comes here was made by us, or refused by a schema */
function argument(what: string, pattern: RegExp, value: string): string {
  // `$` would match before a newline at the end.
  if (pattern.exec(value)?.[0] === value) return value;
  throw new PatchbayError('internal_error', `not a ${what} for FreeSWITCH`);
}

const uuidPattern = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const uuid = (value: string) => argument('uuid', uuidPattern, value);
const name = (value: string) => argument('name', /[A-Za-z0-9-]{1,64}/, value);
const layoutName = (value: string) => argument('layout', /[A-Za-z0-9_+-]{1,64}/, value);
const number = (value: number) => argument('number', /\d{1,10}/, String(value));
const pathPattern = /\/[\p{L}\p{M}\p{N} _./@+()-]{1,1024}/u;
/** In quotes it is one argument, blanks and all. */
const path = (value: string) => `'${argument('path', pathPattern, value)}'`;
const word = (what: string, value: string) => argument(what, /[A-Za-z0-9_]{1,64}/, value);
const host = (value: string) => argument('host', /[A-Za-z0-9.:[\]-]{1,255}/, value);

/** @throws Error that names the setting, where FreeSWITCH cannot be told to write there */
export function requireFolder(setting: string, folder: string): void {
  if (pathPattern.exec(folder)?.[0] === folder) return;
  throw new Error(
    `${setting}: a folder that FreeSWITCH records to may have letters, digits, blanks and _ . / @ + ( ) - in its path: ${folder}`,
  );
}

export const isChannelId = (text: string): boolean => uuidPattern.exec(text)?.[0] === text;

export const park = (id: string) => command('uuid_park', uuid(id));
export const echo = (id: string) => command('uuid_transfer', uuid(id), 'echo', 'inline');
export const bridge = (a: string, b: string) => command('uuid_bridge', uuid(a), uuid(b));
export const kill = (id: string) => command('uuid_kill', uuid(id));
export const channels = () => command('show', 'channels', 'as', 'json');
export const version = () => command('version', 'short');
export const hasModule = (module: string) => command('module_exists', word('module', module));
/** The configuration of layouts, as XML: their names are asked for before there is a conference to ask. */
export const layouts = () => command('xml_locate', 'configuration', 'configuration', 'name', 'conference_layouts.conf');
export const members = (room: string) => command('conference', name(room), 'json_list');

/** @param flags of the member, such as `vmute` */
export const conference = (id: string, room: string, profile: string, ...flags: readonly string[]) => {
  const member = flags.length > 0 ? `++flags{${flags.map((flag) => word('flag', flag)).join('|')}}` : '';
  return command('uuid_transfer', uuid(id), `conference:${name(room)}@${name(profile)}${member}`, 'inline');
};

export const muteAudio = (id: string, isMuted: boolean) =>
  isMuted ? command('uuid_audio', uuid(id), 'start', 'read', 'mute', '1') : command('uuid_audio', uuid(id), 'stop');

export const muteMemberVideo = (room: string, member: number, isMuted: boolean) =>
  command('conference', name(room), isMuted ? 'vmute' : 'unvmute', number(member));

/** FreeSWITCH lifts a limit by a high one only; of 0 it thinks nothing. */
const unlimitedKbps = 3000;
export const videoBitrate = (id: string, bps: number) =>
  command(
    'uuid_video_bitrate',
    uuid(id),
    `${number(bps === 0 ? unlimitedKbps : Math.max(1, Math.round(bps / 1000)))}kb`,
  );

/**
 * How many frames of 20 ms FreeSWITCH holds back so that both directions fit together. What it still holds is lost when a
 * call of which only one direction is heard is recorded to its end, and at each change of type: so few, instead of 25. With one
 * only, a direction that is late is cut to pieces.
 */
const heldBackFrames = 2;

export const record = (id: string, isStart: boolean, file: string) =>
  isStart
    ? command('uuid_record', uuid(id), 'start', path(file), '0', `{RECORD_PRE_BUFFER_FRAMES=${number(heldBackFrames)}}`)
    : command('uuid_record', uuid(id), 'stop', path(file));

export const recordRoom = (room: string, isStart: boolean, file: string) =>
  command('conference', name(room), 'recording', isStart ? 'start' : 'stop', path(file));

export const layout = (room: string, wanted: string) =>
  command('conference', name(room), 'vid-layout', layoutName(wanted));

export interface OriginateOptions {
  readonly id: string;
  /** The tag of the node that owns the channel. */
  readonly tag: string;
  readonly isWebrtc: boolean;
  readonly hasVideo: boolean;
  readonly timeoutSeconds: number;
  /** Where our end of the SIP connection is. */
  readonly contact: { readonly user: string; readonly host: string; readonly port: number };
}

const audioCodecs = ['OPUS', 'PCMU', 'PCMA'];
const videoCodecs = ['VP8', 'H264'];

/** Makes FreeSWITCH offer a call to us, which is parked once it is answered. */
export function originate(options: OriginateOptions): EslCommand {
  const { id, tag, isWebrtc, hasVideo, timeoutSeconds, contact } = options;
  const codecs = [...audioCodecs, ...(hasVideo ? videoCodecs : [])];
  const variables = {
    origination_uuid: uuid(id),
    origination_caller_id_number: name(tag),
    // Else the channel's number would become ours.
    origination_callee_id_number: name(tag),
    originate_timeout: number(timeoutSeconds),
    'sip_h_X-Patchbay-Channel': uuid(id),
    // With commas FreeSWITCH would take the second for another variable.
    absolute_codec_string: `^^:${codecs.join(':')}`,
    ...(isWebrtc && { media_webrtc: 'true' }),
    ...(hasVideo && { video_possible: 'true' }),
  };
  const set = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
  const to = `${name(contact.user)}@${host(contact.host)}:${number(contact.port)}`;
  return command('originate', `{${set.join(',')}}sofia/internal/${to};transport=tcp`, '&park()');
}

/** The headers of an INVITE into a conference. */
export const conferenceHeaders = (room: string, profile: string): string[] => [
  `X-Patchbay-Room: ${name(room)}`,
  `X-Patchbay-Profile: ${name(profile)}`,
];

/** What a node's channels are marked with: its id, in the alphabet of a name. */
export const nodeTag = (nodeId: string): string => `patchbay-${nodeId.replace(/[^A-Za-z0-9-]/g, '-')}`.slice(0, 64);
