import { startCall } from '../../../lib/client/index.ts';
import { SendingCall } from './sending-call.ts';
import type { SourceKind } from './source.ts';

/** Echo calls: Janus sends back what it gets. */
export class EchoCall extends SendingCall {
  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind): Promise<void> {
    return this.runner.start(kind, {
      make: (stream, signal) => startCall(this.client, { type: 'echo', stream, signal }),
      follow: (call) => this.follow(call),
    });
  }
}
