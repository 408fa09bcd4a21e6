import { knownCause } from './causes.ts';
import type { Channel } from './channels.ts';
import { conference } from './conference-commands.ts';
import type { Engine } from './engine.ts';
import { fsctl } from './fsctl.ts';
import { layoutsXml } from './layouts.ts';
import type { Moves, Target } from './moves.ts';
import { type Outbound, originateUsage, parseOriginate } from './originate.ts';
import { Recording } from './recording.ts';

export interface CommandContext {
  readonly engine: Engine;
  readonly moves: Moves;
  readonly outbound: Outbound;
  /** Ends this life of the double, as `fsctl shutdown` does. */
  readonly shutDown: () => void;
}

type Command = (context: CommandContext, args: readonly string[], line: string) => string | Promise<string>;

const noChannel = '-ERR No such channel!\n';
const noReply = '-ERR no reply\n';

/** Answers an api command with FreeSWITCH's text for it. */
export async function runCommand(context: CommandContext, text: string): Promise<string> {
  const [, name = '', line = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const command = commands[name];
  if (!command) return `-ERR ${name} Command not found!\n`;
  return command(context, wordsOf(line), line);
}

/** What is in quotes is one word. */
const wordsOf = (line: string): string[] =>
  (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ''));

const commands: Readonly<Record<string, Command>> = {
  status,
  version: (_, [form]) => (form === 'short' ? '1.11.3-dev\n' : 'FreeSWITCH Version 1.11.3-dev~64bit ( 64bit)\n'),
  show,
  create_uuid: () => crypto.randomUUID(),
  global_getvar: ({ engine }, [name = '']) =>
    name === 'core_uuid' ? engine.events.coreUuid : (engine.settings.globals.get(name) ?? ''),
  module_exists: (_, [name = '']) => String(modules.has(name)),
  // Only this one is asked for.
  xml_locate: (_, args) =>
    args.join(' ') === 'configuration configuration name conference_layouts.conf' ? layoutsXml() : '-ERR not found\n',
  hupall,
  originate: ({ outbound }, _, line) => {
    const asked = parseOriginate(line);
    return asked ? outbound.originate(asked) : originateUsage;
  },
  uuid_exists: ({ engine }, [uuid = '']) => String(engine.channels.has(uuid)),
  uuid_park: onChannel(noChannel, ({ moves }, channel) => {
    moves.park(channel);
    return '+OK\n';
  }),
  uuid_kill: usage(
    '-USAGE: <uuid> [cause]\n',
    1,
    onChannel(noChannel, ({ moves }, channel, [, cause = '']) => {
      moves.hangupSoon(channel, knownCause(cause));
      return '+OK\n';
    }),
  ),
  uuid_transfer: usage(
    '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n',
    2,
    onChannel(noChannel, transfer),
  ),
  uuid_bridge: usage('-USAGE: <uuid> <other_uuid>\n', 2, bridge),
  uuid_setvar: usage(
    '-USAGE: <uuid> <var> [value]\n',
    2,
    onChannel(noChannel, (_, channel, [, name = '', ...value]) => {
      setVariable(channel, name, value.join(' '));
      return '+OK\n';
    }),
  ),
  uuid_setvar_multi: usage(
    noReply,
    2,
    onChannel(`${noChannel}-USAGE: <uuid> <var>=<value>;<var>=<value>...\n`, setMany),
  ),
  uuid_getvar: usage(
    '-USAGE: <uuid> <var>\n',
    2,
    onChannel(noChannel, ({ engine }, channel, [, name = '']) => {
      return engine.variable(channel, name) ?? '_undef_';
    }),
  ),
  uuid_audio: usage(audioUsage(), 2, onChannel(noChannel, audio)),
  uuid_video_bitrate: usage(
    '-USAGE: <uuid> [auto|manual]\n-ERR Operation Failed\n',
    2,
    onChannel('-ERR Operation Failed\n', (_, channel, [, bitrate]) => {
      channel.videoBitrate = bitrate;
      return '+OK Success\n';
    }),
  ),
  uuid_record: usage(
    '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n',
    3,
    onChannel('-ERR Cannot locate session!\n', record),
  ),
  conference,
  fsctl,
};

/** Those of the project's configuration that matter to anybody outside. */
const modules: ReadonlySet<string> = new Set(['mod_av', 'mod_conference', 'mod_opus', 'mod_sndfile', 'mod_sofia']);

function onChannel(
  missing: string,
  act: (context: CommandContext, channel: Channel, args: readonly string[]) => string,
): Command {
  return (context, args) => {
    const channel = context.engine.channels.get(args[0] ?? '');
    return channel ? act(context, channel, args) : missing;
  };
}

function usage(text: string, atLeast: number, command: Command): Command {
  return (context, args, line) => (args.length < atLeast ? text : command(context, args, line));
}

function status({ engine }: CommandContext): string {
  const seconds = Math.floor((Date.now() - engine.startedAtMs) / 1000);
  return [
    `UP 0 years, 0 days, 0 hours, 0 minutes, ${seconds} seconds, 0 milliseconds, 0 microseconds`,
    'FreeSWITCH (Version 1.11.3-dev  64bit) is ready',
    `${engine.sessions} session(s) since startup`,
    `${engine.channels.size} session(s) - peak ${engine.channels.size}, last 5min ${engine.channels.size} `,
    `0 session(s) per Sec out of max ${engine.sessionsPerSecond}, peak 0, last 5min 0 `,
    `${engine.maxSessions} session(s) max`,
    'min idle cpu 0.00/90.00',
    'Current Stack Size/Max 240K/8192K',
    '',
  ].join('\n');
}

function show({ engine }: CommandContext, args: readonly string[]): string {
  const [what, ...form] = args;
  if (what !== 'channels') return '-USAGE: channels|calls [as json]\n';
  const rows = [...engine.listed.values()];
  if (form.join(' ') !== 'as json') return `\n${rows.length} total.\n`;
  return rows.length === 0 ? '{"row_count": 0}\n' : `${JSON.stringify({ row_count: rows.length, rows })}\n`;
}

function hupall(
  { engine, moves }: CommandContext,
  [cause = 'MANAGER_REQUEST', name, value]: readonly string[],
): string {
  const meant = [...engine.channels.values()].filter(
    (channel) => name === undefined || engine.variable(channel, name) === value,
  );
  for (const channel of meant) moves.hangupSoon(channel, knownCause(cause));
  const matching = name === undefined ? '' : ` matching [${name}]=[${value ?? ''}]`;
  return `+OK hangup all channels${matching} with cause: ${cause}\n`;
}

/** `APPLICATION inline` or `APPLICATION:ARGUMENT inline`; an application that is none hangs up. */
function transfer({ moves }: CommandContext, channel: Channel, [, dest = '']: readonly string[]): string {
  const [, application = '', data = ''] = /^([^:]*):?(.*)$/.exec(dest) ?? [];
  const target: Target = { application, data };
  moves.transfer(channel, target, dest);
  return '+OK\n';
}

function bridge({ engine, moves }: CommandContext, [a = '', b = '']: readonly string[]): string {
  const one = engine.channels.get(a);
  const other = engine.channels.get(b);
  if (!one || !other) return '-ERR Invalid uuid\n';
  moves.bridge(one, other);
  return `+OK ${b}\n`;
}

function setVariable(channel: Channel, name: string, value: string): void {
  if (value === '') channel.variables.delete(name);
  else channel.variables.set(name, value);
}

function setMany(_: CommandContext, channel: Channel, [, ...pairs]: readonly string[]): string {
  for (const pair of pairs.join(' ').split(';')) {
    const [name = '', ...value] = pair.split('=');
    setVariable(channel, name, value.join('='));
  }
  return '+OK\n';
}

function audioUsage(): string {
  return '-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n';
}

/** Before the answer it makes an originate go on as if it had been answered. */
function audio(_: CommandContext, channel: Channel, [, action, ...what]: readonly string[]): string {
  if (action !== 'start' && action !== 'stop') return audioUsage();
  channel.readMuted = action === 'start' && what.join(' ') === 'read mute 1';
  if (channel.place.at === 'ringing') channel.proceed?.();
  return '+OK\n';
}

function record({ engine, moves }: CommandContext, channel: Channel, [, action, file = '']: readonly string[]): string {
  if (action === 'stop')
    return moves.stopRecording(channel, file) ? '+OK Success\n' : '-ERR Cannot stop record session!\n';
  if (channel.place.at === 'ringing') channel.proceed?.();
  if (channel.answerState !== 'answered' || file.endsWith('.webm')) return '-ERR Cannot record session!\n';
  if (channel.recordings.has(file)) return '+OK Success\n';
  channel.recordings.set(file, new Recording(file));
  engine.events.channel('RECORD_START', channel, {}, { 'Record-File-Path': file });
  return '+OK Success\n';
}
