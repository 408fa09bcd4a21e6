import type { Engine } from '../../domain/placement.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionType } from '../../protocol/session.ts';
import type { Backend, MediaSession, MediaSink, MediaSpec } from '../backend.ts';
import { JanusConnection, type JanusOptions } from './connection.ts';
import { EchoSession } from './echo.ts';

type Open = (connection: JanusConnection, spec: MediaSpec, sink: MediaSink) => MediaSession;

/** The types that this release does on Janus. */
const types: Partial<Record<SessionType, Open>> = {
  echo: (connection, spec, sink) => new EchoSession(connection, spec, sink),
};

/** One Janus. */
export class JanusBackend implements Backend {
  readonly kind = 'janus';
  readonly #connection: JanusConnection;

  constructor(options: JanusOptions) {
    this.#connection = new JanusConnection(options);
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
    if (!open) throw new PatchbayError('not_implemented', `janus does not do ${spec.type} yet`);
    if (this.#connection.state !== 'up') throw new PatchbayError('no_mediaserver', 'Janus is not connected');
    return open(this.#connection, spec, sink);
  }
}
