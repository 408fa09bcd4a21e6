import { once } from 'node:events';
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from './commands.ts';
import { Engine, type EngineSettings } from './engine.ts';
import { EslServer } from './esl-server.ts';
import { Inbound } from './inbound.ts';
import { Moves } from './moves.ts';
import { Outbound } from './originate.ts';
import { common, type SipRequest, SipServer } from './sip-server.ts';
import type { Steering } from './steering.ts';

export interface LifeOptions {
  readonly settings: EngineSettings;
  readonly steering: Steering;
  readonly password: string;
  /** 0: any that is free. */
  readonly eslPort: number;
  readonly sipPort: number;
  readonly ended: () => void;
}

/** From one start to the end of the process. */
export class Life {
  readonly engine: Engine;
  readonly moves: Moves;
  readonly esl: EslServer;
  readonly sip: SipServer;
  readonly #inbound: Inbound;
  #ended = false;

  private constructor({ settings, steering, password, ended }: LifeOptions) {
    this.sip = new SipServer({ steering, request: (request) => this.#request(request) });
    this.engine = new Engine(settings, this.sip, (event) => {
      const lines = event.headers.map(([name, value]) => `${name}: ${value}`).join('\n');
      const delayMs = steering.eventDelayMs(lines);
      if (delayMs === 0) this.esl.tell(event);
      else this.engine.timers.later({ from: delayMs, to: delayMs }, () => this.esl.tell(event));
    });
    this.moves = new Moves(this.engine);
    this.#inbound = new Inbound(this.engine, this.moves);
    const outbound = new Outbound(this.engine, this.moves);
    const context = { engine: this.engine, moves: this.moves, outbound, shutDown: ended };
    this.esl = new EslServer({
      password,
      steering,
      run: (command) => runCommand(context, command),
      finished: ({ id, command, result }) => this.engine.events.job(id, command, result),
    });
  }

  static async begin(options: LifeOptions): Promise<Life> {
    const life = new Life(options);
    await listen(life.esl.server, options.eslPort);
    await listen(life.sip.server, options.sipPort);
    return life;
  }

  get eslPort(): number {
    return portOf(this.esl.server);
  }

  get sipPort(): number {
    return this.sip.port;
  }

  async refuse(forMs: number): Promise<void> {
    const ports = [this.eslPort, this.sipPort] as const;
    const servers = [this.esl.server, this.sip.server] as const;
    for (const server of servers) server.close();
    await delay(forMs);
    if (this.#ended) return;
    await Promise.all(servers.map((server, index) => listen(server, ports[index] ?? 0)));
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.engine.stop();
    const closed = [this.esl.server, this.sip.server].map(close);
    this.esl.drop();
    this.sip.drop();
    await Promise.all(closed);
  }

  #request(request: SipRequest): void {
    const { method, callId, message } = request;
    if (method === 'INVITE' && !message.headers.some(isTaggedTo)) {
      void this.#inbound.invite(request);
    } else if (method !== 'ACK' && request.steered !== undefined) {
      request.respond(request.steered, common);
    } else if (method === 'OPTIONS') {
      request.respond('200 OK', [...common, ['Accept', 'application/sdp']]);
    } else if (method === 'CANCEL') {
      request.respond(this.#inbound.cancel(callId) ? '200 OK' : noCall, common);
    } else {
      this.#within(request);
    }
  }

  /** A request of an established call. */
  #within({ method, callId, respond }: SipRequest): void {
    const channel = [...this.engine.channels.values()].find(({ dialog }) => dialog?.ends.callId === callId);
    if (method === 'ACK') channel?.acknowledged?.();
    else if (!channel) respond(noCall, [['User-Agent', 'patchbay']]);
    else if (method === 'INVITE') respond('200 OK', [...common, ['Content-Type', 'application/sdp']], channel.localSdp);
    else respond('200 OK', common);
    if (channel && method === 'BYE') this.moves.hangup(channel, 'NORMAL_CLEARING', { bye: false });
  }
}

const noCall = '481 Call Does Not Exist';

const isTaggedTo = ([name, value]: readonly [string, string]): boolean =>
  /^(to|t)$/i.test(name) && value.includes(';tag=');

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
