import type { Engine } from '../../domain/placement.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionType } from '../../protocol/session.ts';
import type { Backend, MediaRoom, MediaSession, MediaSink, MediaSpec, RoomSink, RoomSpec } from '../backend.ts';
import { JanusConnection, type JanusOptions } from './connection.ts';
import { EchoSession } from './echo.ts';
import { ListenSession } from './listen.ts';
import { openProxy } from './proxy.ts';
import { PublishSession } from './publish.ts';
import { JanusRoom } from './room.ts';

/** How each type is opened. */
type Open = (connection: JanusConnection, spec: MediaSpec, sink: MediaSink) => MediaSession;

const types: Partial<Record<SessionType, Open>> = {
  echo: (connection, spec, sink) => new EchoSession(connection, spec, sink),
  proxy: (connection, spec, sink) => openProxy(connection, spec, sink),
  publish: (connection, spec, sink) => new PublishSession(connection, spec, sink),
  listen: (connection, spec, sink) => new ListenSession(connection, spec, sink),
};

/** One Janus. */
export class JanusBackend implements Backend {
  readonly kind = 'janus';
  readonly #connection: JanusConnection;

  constructor(options: JanusOptions) {
    this.#connection = new JanusConnection(options);
  }

  get passesCandidates(): boolean {
    return this.#connection.passesCandidates;
  }

  engine(): Engine {
    return {
      kind: this.kind,
      name: this.#connection.name,
      version: this.#connection.version,
      up: this.#connection.state === 'up',
      sessions: this.#connection.handleCount,
    };
  }

  start(): void {
    this.#connection.start();
  }

  async stop(): Promise<void> {
    await this.#connection.stop();
  }

  open(spec: MediaSpec, sink: MediaSink): MediaSession {
    const open = types[spec.type];
    if (!open) throw new PatchbayError('incompatible_session', `janus does not do ${spec.type}`);
    this.#requireUp();
    return open(this.#connection, spec, sink);
  }

  openRoom(spec: RoomSpec, sink: RoomSink): MediaRoom {
    this.#requireUp();
    return new JanusRoom(this.#connection, spec, sink);
  }

  #requireUp(): void {
    if (this.#connection.state !== 'up') throw new PatchbayError('no_mediaserver', 'Janus is not connected');
  }
}
