import { startCall } from '../../../lib/client/index.ts';
import { SendingCall } from '../call/sending-call.ts';
import type { SourceKind } from '../call/source.ts';

/** What this page gives to a room. */
export class PublishCall extends SendingCall {
  /** Never rejects: what went wrong is in the state. */
  start(kind: SourceKind, roomId: string): Promise<void> {
    return this.runner.start(kind, {
      make: (stream, signal) =>
        startCall(this.client, { type: 'publish', stream, signal, data: true, session: { room_id: roomId } }),
      follow: (call) => this.follow(call),
    });
  }

  /** By data channel, to all who listen. Returns whether it went out. */
  write(text: string): boolean {
    const channel = this.runner.call?.dataChannel;
    if (channel?.readyState !== 'open') return false;
    channel.send(text);
    return true;
  }
}
