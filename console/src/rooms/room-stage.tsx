import './room-stage.css';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import type { UsedCall } from '../call/use-call.ts';
import { ConfirmButton } from '../shell/confirm-button.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import type { SwitchedCall } from '../switchboard/switched-call.ts';
import type { ListenCall } from './listen-call.ts';
import { ListenPanel } from './listen-panel.tsx';
import { MixPanel } from './mix-panel.tsx';
import { moderatedOf } from './moderated.ts';
import type { PublishCall } from './publish-call.ts';
import { PublishPanel } from './publish-panel.tsx';
import { linkToRoom } from './room-link.ts';
import { roomName } from './room-name.ts';
import type { Room } from './use-room.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly roomId: string;
  readonly room: Room;
  readonly publishing: UsedCall<PublishCall>;
  readonly listening: UsedCall<ListenCall>;
  readonly mixing: UsedCall<SwitchedCall>;
}

/** One room: what this page gives to it, and what it gets there: of an `sfu` one publisher, of an `mcu` the mix. */
export function RoomStage({ client, isOnline, roomId, room, publishing, listening, mixing }: Props) {
  const { info, isGone, problem, run } = room;
  const isOpen = isOnline && info !== undefined;
  const publishers = info?.members.filter(({ role }) => role === 'publisher') ?? [];
  // A room that is gone was one that mixes, if this page was in its mix.
  const isMix = info ? info.class === 'mcu' : mixing.state.phase !== 'idle';
  const ownId = (isMix ? mixing : publishing).state.sessionId;
  const own = info?.members.find(({ session_id }) => session_id === ownId);
  const moderated = own && moderatedOf(own);
  const destroy = () => run(async () => client?.request('room/destroy', { room_id: roomId }));
  return (
    <section class="card" aria-label={`Room ${roomName(roomId)}`} data-testid="room" data-room-id={roomId}>
      <div class="card-head room-head">
        <h2>
          Room <code title={roomId}>{roomName(roomId)}</code>
        </h2>
        {info && (
          <p class="room-facts">
            {info.class}, {info.audio_codec}, {info.video_codec},{' '}
            {info.bitrate === 0 ? 'any bitrate' : `at most ${info.bitrate} kbit/s`}
          </p>
        )}
        <CopyButton text={linkToRoom(roomId, location)} label="Copy link" testId="room-copy" />
        <ConfirmButton
          label="Destroy"
          question="Destroy this room?"
          testId="room-destroy"
          isDisabled={!isOpen}
          onConfirm={() => void destroy()}
        >
          <code>{roomId}</code> ends for everybody in it. Members now: {info?.members.length}.
        </ConfirmButton>
      </div>
      {(problem || isGone) && (
        <p class="card-problem" role="alert" data-testid="room-problem">
          {isGone ? `There is no room ${roomId}: it was destroyed, or never made.` : problem}
        </p>
      )}
      {(info || isGone) && (
        <div class="room-parts">
          {isMix ? (
            <MixPanel client={client} used={mixing} roomId={roomId} info={info} isOpen={isOpen} moderated={moderated} />
          ) : (
            <>
              <PublishPanel used={publishing} roomId={roomId} isOpen={isOpen} moderated={moderated} />
              <ListenPanel used={listening} publishers={publishers} ownId={ownId} isOpen={isOpen} />
            </>
          )}
        </div>
      )}
    </section>
  );
}
