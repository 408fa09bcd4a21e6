import type { Channel } from './channels.ts';
import type { Conference } from './conferences.ts';

export interface EngineEvent {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Those that can be asked for by name. The double makes the ones that tell what became of a call. */
export const eventNames: ReadonlySet<string> = new Set([
  'BACKGROUND_JOB',
  'CHANNEL_ANSWER',
  'CHANNEL_BRIDGE',
  'CHANNEL_CREATE',
  'CHANNEL_DESTROY',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_ORIGINATE',
  'CHANNEL_OUTGOING',
  'CHANNEL_PARK',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_UNPARK',
  'HEARTBEAT',
  'RECORD_START',
  'RECORD_STOP',
  // Known, but never made here.
  'CALL_UPDATE',
  'CHANNEL_CALLSTATE',
  'CHANNEL_STATE',
  'CODEC',
  'DTMF',
  'MEDIA_BUG_START',
  'MEDIA_BUG_STOP',
  'SHUTDOWN',
  'STARTUP',
]);

export function nameOf(event: EngineEvent): { readonly name: string; readonly subclass: string } {
  const header = (wanted: string) => event.headers.find(([name]) => name === wanted)?.[1] ?? '';
  return { name: header('Event-Name'), subclass: header('Event-Subclass') };
}

/** The body of `text/event-plain`: values are percent-encoded, a body of the event's own follows its headers. */
export function plainText({ headers, body }: EngineEvent): string {
  const lines = headers.map(([name, value]) => `${name}: ${encode(value)}\n`).join('');
  return body === undefined ? `${lines}\n` : `${lines}Content-Length: ${Buffer.byteLength(body)}\n\n${body}`;
}

export function jsonText({ headers, body }: EngineEvent): string {
  const withBody = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)), _body: body };
  return JSON.stringify({ ...Object.fromEntries(headers), ...withBody });
}

const encode = (value: string): string => encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%2F', '/');

/** Makes events of one life: its Core-UUID, counted through. */
export class Events {
  readonly coreUuid = crypto.randomUUID();
  #sequence = 0;
  readonly #tell: (event: EngineEvent) => void;
  readonly #changed: (channel: Channel) => void;

  constructor(tell: (event: EngineEvent) => void, changed: (channel: Channel) => void) {
    this.#tell = tell;
    this.#changed = changed;
  }

  channel(name: string, channel: Channel, first: Fields = {}, last: Fields = {}): void {
    this.#changed(channel);
    this.#emit({ 'Event-Name': name }, { ...first, ...channelFields(channel), ...variableFields(channel), ...last });
  }

  /** @param channel the member that it is about; some are about the conference only */
  conference(action: string, conference: Conference, channel?: Channel, last: Fields = {}): void {
    this.#emit(
      { 'Event-Subclass': 'conference::maintenance', 'Event-Name': 'CUSTOM' },
      {
        'Conference-Name': conference.name,
        'Conference-Size': conference.members.length,
        'Conference-Profile-Name': conference.profile,
        'Conference-Unique-ID': conference.uuid,
        ...(channel && { ...channelFields(channel), ...conference.fieldsOf(channel) }),
        Action: action,
        ...last,
      },
    );
  }

  job(id: string, command: string, result: string): void {
    this.#emit({ 'Event-Name': 'BACKGROUND_JOB' }, { 'Job-UUID': id, 'Job-Command': command }, result);
  }

  #emit(names: Fields, fields: Fields, body?: string): void {
    this.#sequence += 1;
    const now = new Date();
    const all: Fields = {
      ...names,
      'Core-UUID': this.coreUuid,
      'FreeSWITCH-Hostname': 'double',
      'FreeSWITCH-Switchname': 'double',
      'FreeSWITCH-IPv4': '127.0.0.1',
      'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': now.toISOString().slice(0, 19).replace('T', ' '),
      'Event-Date-GMT': now.toUTCString(),
      'Event-Date-Timestamp': now.getTime() * 1000,
      'Event-Sequence': this.#sequence,
      ...fields,
    };
    const headers = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    this.#tell(body === undefined ? { headers } : { headers, body });
  }
}

function channelFields(channel: Channel): Fields {
  return {
    'Channel-State': channel.state,
    'Channel-Call-State': channel.callState,
    'Channel-Name': channel.name,
    'Unique-ID': channel.uuid,
    'Call-Direction': channel.direction,
    'Answer-State': channel.hangupCause !== undefined ? 'hangup' : channel.answerState,
    'Hangup-Cause': channel.hangupCause,
    'Caller-Caller-ID-Number': channel.cidNum,
    'Caller-Destination-Number': channel.dest,
    'Caller-Unique-ID': channel.uuid,
    'Other-Leg-Unique-ID': channel.otherLeg,
  };
}

function variableFields(channel: Channel): Fields {
  return Object.fromEntries([...channel.variables].map(([name, value]) => [`variable_${name}`, value]));
}
