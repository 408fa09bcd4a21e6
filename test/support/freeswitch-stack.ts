import { parseFreeSwitchUrl } from '../../lib/backends/freeswitch/url.ts';
import type { CommandInput, CommandReply, PatchbayClient } from '../../lib/client/index.ts';
import type { SdpType, SessionType } from '../../lib/protocol/session.ts';
import { EslWire } from './freeswitch/esl-wire.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from './freeswitch/freeswitch-double.ts';
import { type HearingEnd, type HearingEnds, paperEnd, phoneEnd, tonedWebrtcEnd } from './freeswitch-ends.ts';
import { seenChannels } from './freeswitch-view.ts';
import { HeardEvents } from './heard-events.ts';
import type { PictureOptions } from './picture.ts';
import { openRtpEndpoint } from './rtp-endpoint.ts';
import { openScene } from './scene.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { until } from './until.ts';
import { connectClient, openTone } from './wrtc.ts';

export type FreeSwitchEngine = 'double' | 'real';

const { PATCHBAY_FREESWITCH_BIN: binary, PATCHBAY_FREESWITCH_URL: running } = process.env;
/** What these tests run on: always the double, and the real one where the environment names it. */
export const engines: readonly FreeSwitchEngine[] = binary || running ? ['double', 'real'] : ['double'];

export const freeSwitchTypes = ['park', 'echo', 'bridge', 'mcu'] as const;
export type FreeSwitchType = (typeof freeSwitchTypes)[number];
export type Role = 'offeree' | 'offerer';

/** A session, and its client's media. */
export interface Held {
  readonly sessionId: string;
  readonly end: HearingEnd;
}
export interface Opened extends Held {
  readonly reply: CommandReply<'session/create'>;
}

type Environment = Readonly<Record<string, string>>;
type Fields = Omit<CommandInput<'session/create'>, 'type' | 'offer'>;

/** A stack with a FreeSWITCH, or with its double; a client of it, what that hears, and media ends. */
export class FreeSwitchStack {
  readonly engine: FreeSwitchEngine;
  readonly stack: TestStack;
  readonly client: PatchbayClient;
  readonly heard: HeardEvents;
  readonly #double: FreeSwitchDouble | undefined;
  /** The test's own. */
  readonly #esl: EslWire;
  readonly #ends: HearingEnd[] = [];
  #tones = 0;

  private constructor(
    engine: FreeSwitchEngine,
    stack: TestStack,
    client: PatchbayClient,
    esl: EslWire,
    double?: FreeSwitchDouble,
  ) {
    this.engine = engine;
    this.stack = stack;
    this.client = client;
    this.heard = new HeardEvents(client);
    this.#esl = esl;
    this.#double = double;
  }

  static async start(engine: FreeSwitchEngine, env: Environment, token?: string): Promise<FreeSwitchStack> {
    const double = engine === 'double' ? await startFreeSwitchDouble() : undefined;
    const own = double && { PATCHBAY_FREESWITCH_URL: double.url, PATCHBAY_FREESWITCH_BIN: '' };
    const stack = await startTestStack({ ...own, ...env });
    const { eslPort, password } = parseFreeSwitchUrl(double?.url ?? stack.freeswitch?.url ?? running ?? '');
    const esl = await EslWire.login(eslPort, password);
    return new FreeSwitchStack(engine, stack, await connectClient(stack.api, token), esl, double);
  }

  /** @throws Error on the real one */
  get double(): FreeSwitchDouble {
    if (!this.#double) throw new Error('this is the real one');
    return this.#double;
  }

  /** What FreeSWITCH itself says. */
  ask(command: string): Promise<string> {
    return this.#esl.api(command);
  }

  /** The client's media of a kind; each end sends a tone of its own. WebRTC is on paper only where the engine is. */
  readonly ends: HearingEnds = {
    webrtc: async () => {
      const hz = this.#nextHz();
      return this.#keep(this.engine === 'double' ? paperEnd() : tonedWebrtcEnd(openTone(hz), hz));
    },
    rtp: async () => {
      const hz = this.#nextHz();
      return this.#keep(phoneEnd(await openRtpEndpoint(hz), hz));
    },
  };

  /** The same with a camera: WebRTC. */
  async camera(picture?: PictureOptions): Promise<HearingEnd> {
    const hz = this.#nextHz();
    return this.#keep(this.engine === 'double' ? paperEnd() : tonedWebrtcEnd(openScene(hz, picture), hz));
  }

  /** Makes a session on FreeSWITCH and waits until it is ready. */
  async open(type: FreeSwitchType, kind: SdpType, fields: Fields = {}, role: Role = 'offeree'): Promise<Opened> {
    return this.openWith(await this.ends[kind](), type, fields, role);
  }

  async openWith(end: HearingEnd, type: SessionType, fields: Fields = {}, role: Role = 'offeree'): Promise<Opened> {
    const { client } = this;
    const data = { type, backend: 'freeswitch', wait_reply: true, ...fields };
    if (role === 'offeree') {
      const offer = { sdp: await end.offer(), sdp_type: end.sdpType };
      const reply = await client.request('session/create', { ...data, offer });
      if (!reply.answer) throw new Error('there is no answer');
      await end.takeAnswer(reply.answer.sdp);
      return { sessionId: reply.session_id, end, reply };
    }
    const reply = await client.request('session/create', { ...data, sdp_type: end.sdpType });
    if (!reply.offer) throw new Error('there is no offer');
    const answer = { sdp: await end.answer(reply.offer.sdp), sdp_type: end.sdpType };
    await client.request('session/set_answer', { session_id: reply.session_id, answer });
    return { sessionId: reply.session_id, end, reply };
  }

  /** The uuids of its calls, as its list has them: some 200 ms late. */
  async channels(): Promise<string[]> {
    return (await seenChannels((command) => this.ask(command))).map(({ uuid }) => uuid);
  }

  info({ sessionId }: Pick<Held, 'sessionId'>) {
    return this.client.request('session/get_info', { session_id: sessionId });
  }

  async hangUp(...all: readonly Held[]): Promise<void> {
    for (const { sessionId, end } of all) {
      await this.client.request('session/destroy', { session_id: sessionId });
      await end.close();
    }
  }

  /** That no session, room or channel is left, and each session has told of its end once, without a gap before it. */
  async faulty(): Promise<string[]> {
    const lists = () =>
      Promise.all([this.client.request('session/get_list', {}), this.client.request('room/get_list', {})]);
    await until('no session or room is left', async () => {
      const [{ sessions }, { rooms }] = await lists();
      return sessions.length + rooms.length === 0;
    });
    await until('no channel is left', async () => (await this.channels()).length === 0);
    await until('no conference is left', async () => (await this.ask('conference json_list')) === '[]');
    return this.heard.faulty();
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end.close();
    this.client.close();
    this.#esl.close();
    await this.stack.stop();
    await this.#double?.stop();
  }

  #nextHz(): number {
    this.#tones += 1;
    return 400 + 130 * (this.#tones % 12);
  }

  #keep<End extends HearingEnd>(end: End): End {
    this.#ends.push(end);
    return end;
  }
}

/** @param token of the client, where the stack wants one */
export const startFreeSwitchStack = (
  engine: FreeSwitchEngine,
  env: Environment = {},
  token?: string,
): Promise<FreeSwitchStack> => FreeSwitchStack.start(engine, env, token);
