import { joinCall, startCall } from '../../../lib/client/index.ts';
import { SendingCall } from '../call/sending-call.ts';
import type { SourceKind } from '../call/source.ts';
import { type FriendCall, waitSeconds } from './friend-call.ts';

/** Calls between two browsers whose media goes through Janus: it mutes, limits and records each side. */
export class ProxyCall extends SendingCall implements FriendCall {
  start(kind: SourceKind): Promise<void> {
    return this.runner.start(kind, {
      make: (stream, signal) =>
        startCall(this.client, { type: 'proxy', stream, signal, session: { wait_timeout: waitSeconds } }),
      follow: (call) => {
        this.runner.change({ phase: 'waiting' });
        return this.follow(call);
      },
    });
  }

  join(kind: SourceKind, masterId: string): Promise<void> {
    return this.runner.start(kind, {
      make: (stream, signal) => joinCall(this.client, { type: 'proxy', masterId, stream, signal }),
      follow: (call) => this.follow(call),
    });
  }
}
