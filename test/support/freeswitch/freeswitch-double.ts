import { BlockList } from 'node:net';
import type { Channel } from './channels.ts';
import type { Conference } from './conferences.ts';
import type { EngineSettings, Timing } from './engine.ts';
import { Life } from './life.ts';
import { type Pattern, type Received, Steering } from './steering.ts';

export interface DoubleOptions {
  readonly password?: string;
  readonly timing?: Partial<Timing>;
  readonly random?: () => number;
  /** Networks to which media may go. Default: the address that stands for every client. */
  readonly candidateNetworks?: readonly string[];
  readonly maxSessions?: number;
  readonly sessionsPerSecond?: number;
  readonly globals?: Readonly<Record<string, string>>;
}

export interface FreeSwitchDouble {
  readonly url: string;
  readonly eslPort: number;
  readonly sipPort: number;
  readonly password: string;
  channels(): readonly Channel[];
  conferences(): readonly Conference[];
  /**
   * The next command or SIP message that fits is answered so, and has no effect: an api command by this body (`+OK\n`
   * makes it one whose effect never comes), an INVITE by this status line.
   */
  failNext(pattern: Pattern, reply: string): void;
  /** The next that fits is dealt with so much later; on the event socket those behind it wait too. */
  delayNext(pattern: Pattern, delayMs: number): void;
  /** The next event whose headers fit (`NAME: value` lines) is told so much later, others overtake it. */
  delayEvent(pattern: Pattern, delayMs: number): void;
  /** The next SIP message of the double's own that fits goes in one piece with the one after it. */
  joinNext(pattern: Pattern): void;
  dropEsl(): void;
  dropSip(): void;
  /** New connections are refused for so long; those that are there stay. */
  refuse(forMs: number): Promise<void>;
  /** The engine ends a call by itself. */
  hangup(uuid: string, cause: string): void;
  /** The process dies: all connections and channels are gone, nothing listens. */
  kill(): Promise<void>;
  /** Up again on the same ports, with a new Core-UUID; kills first if need be. */
  restart(): Promise<void>;
  /** Everything that was received, since the first start. */
  commands(): readonly Received[];
  /** How often a client was invited anew, which a controller must never cause. */
  reinvites(): number;
  stop(): Promise<void>;
}

/** What the real one was seen to take, for who wants to wait as long. */
export const seenTiming: Timing = {
  effectMs: { from: 15, to: 115 },
  bridgeMs: { from: 20, to: 40 },
  listMs: { from: 110, to: 180 },
  conferenceDestroyMs: { from: 15, to: 25 },
  webrtcMediaMs: { from: 70, to: 120 },
  t1Ms: 500,
};

/** Short, but in the same order. */
const shortTiming: Timing = {
  effectMs: { from: 5, to: 20 },
  bridgeMs: { from: 2, to: 10 },
  listMs: { from: 10, to: 40 },
  conferenceDestroyMs: { from: 15, to: 25 },
  webrtcMediaMs: { from: 5, to: 20 },
  t1Ms: 500,
};

const projectGlobals = { media_timeout: '60000', park_after_bridge: 'true', hangup_after_bridge: 'false' };

/**
 * The double of FreeSWITCH on two free loopback ports: SIP over TCP and the event socket, steered by the test. It is held
 * to `contract.ts`, as the real one is.
 *
 * RTP is real, but forwarded as it comes: nothing is mixed or transcoded, and recordings are silence of the right length.
 * WebRTC descriptions are answered, their media never comes. Nobody is missed for silence: a test that wants MEDIA_TIMEOUT
 * says `hangup`. There are no HEARTBEATs, and no events of states between two places (`eventNames` has those that are made).
 */
export async function startFreeSwitchDouble(options: DoubleOptions = {}): Promise<FreeSwitchDouble> {
  const password = options.password ?? 'ClueCon';
  const steering = new Steering();
  const settings = settingsOf(options);
  const dead = new WeakSet<Life>();
  let reinvites = 0;
  let life = await begin(0, 0);
  const { eslPort, sipPort } = life;

  async function begin(esl: number, sip: number): Promise<Life> {
    return Life.begin({ settings, steering, password, eslPort: esl, sipPort: sip, ended: () => void kill() });
  }
  async function kill(): Promise<void> {
    if (dead.has(life)) return;
    dead.add(life);
    reinvites += life.engine.reinvites;
    await life.end();
  }
  return {
    url: `esl://:${password}@127.0.0.1:${eslPort}?sip=127.0.0.1:${sipPort}`,
    eslPort,
    sipPort,
    password,
    channels: () => [...life.engine.channels.values()],
    conferences: () => [...life.engine.conferences.all.values()],
    failNext: (pattern, reply) => steering.failNext(pattern, reply),
    delayNext: (pattern, delayMs) => steering.delayNext(pattern, delayMs),
    delayEvent: (pattern, delayMs) => steering.delayEvent(pattern, delayMs),
    joinNext: (pattern) => steering.joinNext(pattern),
    dropEsl: () => life.esl.drop(),
    dropSip: () => life.sip.drop(),
    refuse: (forMs) => life.refuse(forMs),
    hangup(uuid, cause) {
      const channel = life.engine.channels.get(uuid);
      if (!channel) throw new Error(`there is no channel ${uuid}`);
      life.moves.hangup(channel, cause);
    },
    kill,
    async restart() {
      await kill();
      life = await begin(eslPort, sipPort);
    },
    commands: () => steering.received,
    reinvites: () => reinvites + (dead.has(life) ? 0 : life.engine.reinvites),
    stop: kill,
  };
}

function settingsOf(options: DoubleOptions): EngineSettings {
  const networks = new BlockList();
  for (const network of options.candidateNetworks ?? ['192.0.2.99']) {
    const [address = '', prefix = '32'] = network.split('/');
    networks.addSubnet(address, Number(prefix));
  }
  return {
    timing: { ...shortTiming, ...options.timing },
    random: options.random ?? Math.random,
    allowsCandidate: (ip) => networks.check(ip),
    maxSessions: options.maxSessions ?? 500,
    sessionsPerSecond: options.sessionsPerSecond ?? 200,
    globals: new Map(Object.entries({ ...projectGlobals, ...options.globals })),
  };
}
