import type { CommandContext } from './commands.ts';
import type { Conference, Conferences, Member } from './conferences.ts';
import { layoutNames } from './layouts.ts';

/** `conference NAME ACTION …`, `conference list`, `conference json_list`. */
export function conference(context: CommandContext, [name = '', action = '', ...args]: readonly string[]): string {
  const { conferences } = context.engine;
  if (action === '' && name === 'list') return listAll(conferences);
  if (action === '' && name === 'json_list')
    return JSON.stringify([...conferences.all.values()].map(asJson), null, '\t');
  const meant = conferences.all.get(name);
  if (!meant) return `-ERR Conference ${name} not found\n`;
  const act = actions[action];
  return act ? act(context, meant, args) : `-ERR Conference command '${action}' not found.\n`;
}

type Action = (context: CommandContext, conference: Conference, args: readonly string[]) => string;

const actions: Readonly<Record<string, Action>> = {
  list: (_, { members }) => members.toReversed().map(asLine).join(''),
  json_list: (_, meant) => JSON.stringify([asJson(meant)], null, '\t'),
  count: (_, { members }) => String(members.length),
  'vid-layout': layout,
  mute: onMembers(setMuted(true)),
  unmute: onMembers(setMuted(false)),
  vmute: onMembers(setVideoMuted(true)),
  unvmute: onMembers(setVideoMuted(false)),
  kick: onMembers(({ engine, moves }, meant, member) => {
    engine.conferences.tell('kick-member', meant, member);
    moves.hangupSoon(member.channel, 'NORMAL_CLEARING');
    return `+OK kicked ${member.id}\n`;
  }),
  recording,
};

type MemberAction = (context: CommandContext, conference: Conference, member: Member) => string;

/** An action on one member by its id, on `all` or on the `last` that came. */
function onMembers(act: MemberAction): Action {
  return (context, meant, [id = '']) => {
    const chosen =
      id === 'all'
        ? meant.members.toReversed()
        : meant.members.filter((member) =>
            id === 'last' ? member === meant.members.at(-1) : String(member.id) === id,
          );
    if (chosen.length === 0 && id !== 'all') return `-ERR Non-Existant ID ${id}\n`;
    return chosen.map((member) => act(context, meant, member)).join('');
  };
}

function setMuted(muted: boolean): MemberAction {
  const verb = muted ? 'mute' : 'unmute';
  return ({ engine }, meant, member) => {
    member.muted = muted;
    engine.conferences.tell(`${verb}-member`, meant, member);
    return `+OK ${verb} ${member.id}\n`;
  };
}

function setVideoMuted(muted: boolean): MemberAction {
  const verb = muted ? 'vmute' : 'unvmute';
  return ({ engine }, meant, member) => {
    member.channel.videoMuted = muted;
    engine.conferences.tell(`${verb}-member`, meant, member);
    return `+OK ${verb} ${member.id}\n`;
  };
}

function layout(_: CommandContext, meant: Conference, [name = '']: readonly string[]): string {
  if (!meant.mixesVideo) return '-ERR Conference is not in mixing mode\n';
  if (name === '') return '-ERR Invalid input\n';
  if (name === 'list') return [...layoutNames()].map((one) => `${one}\n`).join('');
  if (!layoutNames().has(name) && !name.startsWith('group:')) return `-ERR Invalid layout [${name}]\n`;
  meant.layout = name;
  return `+OK Change canvas 1 to layout [${name}]\n`;
}

/** Stopping counts what it stopped by another way only: always none. */
function recording({ engine }: CommandContext, meant: Conference, [action, file = '']: readonly string[]): string {
  const stopped = '+OK Stopped recording 0 files\n';
  if (action === 'start') {
    if (meant.recordings.has(file)) return `-ERR file [${file}] is already being used for recording.\n`;
    engine.conferences.startRecording(meant, file);
    return `+OK Record file ${file}${meant.mixesVideo ? ' canvas 1' : ''}\n`;
  }
  if (action !== 'stop') return '-ERR Invalid input\n';
  if (file === 'all') {
    const files = [...meant.recordings.keys()];
    for (const one of files) engine.conferences.stopRecording(meant, one);
    return `${files.map((one) => `Stopped recording file ${one}\n`).join('')}${stopped}`;
  }
  const known = engine.conferences.stopRecording(meant, file);
  return `${known ? `Stopped recording file ${file}` : `-ERR non-existant recording '${file}'`}\n${stopped}`;
}

function asLine({ id, channel, muted }: Member): string {
  const flags = ['hear', ...(muted ? [] : ['speak']), ...(channel.hasVideo ? ['video'] : [])].join('|');
  return `${id};${channel.name};${channel.uuid};${channel.cidName};${channel.shownCidNum};${flags};0;0;100\n`;
}

function listAll({ all }: Conferences): string {
  if (all.size === 0) return '+OK No active conferences.\n';
  const head = ({ name, members }: Conference) =>
    `+OK Conference ${name} (${members.length} member${members.length === 1 ? '' : 's'} rate: 48000 flags: running|answered|dynamic)\n`;
  return [...all.values()].map((one) => head(one) + one.members.toReversed().map(asLine).join('')).join('');
}

function asJson({ name, uuid, members, recordings, createdAtMs }: Conference): object {
  return {
    conference_name: name,
    member_count: members.length,
    ghost_count: 0,
    rate: 48_000,
    run_time: Math.round((Date.now() - createdAtMs) / 1000),
    conference_uuid: uuid,
    running: true,
    recording: recordings.size > 0,
    members: members.toReversed().map(({ id, channel, muted }) => ({
      type: 'caller',
      id,
      flags: {
        can_hear: true,
        can_see: !channel.videoMuted,
        can_speak: !muted,
        talking: false,
        has_video: channel.hasVideo,
      },
      uuid: channel.uuid,
      caller_id_name: channel.cidName,
      caller_id_number: channel.shownCidNum,
    })),
  };
}
