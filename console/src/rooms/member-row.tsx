import type { RoomMember } from '../../../lib/client/index.ts';
import { Icon } from '../shell/icon.tsx';
import { shortId } from '../shell/short-id.ts';
import type { Moderated } from './moderated.ts';

interface Props {
  readonly member: RoomMember;
  readonly isOwn: boolean;
  readonly isOnline: boolean;
  readonly moderated: Moderated;
  onMute(change: Partial<Moderated>): void;
  onKick(): void;
}

const icons = { audio: 'microphone', video: 'camera' } as const;

export function MemberRow({ member, isOwn, isOnline, moderated, onMute, onKick }: Props) {
  const { session_id, role, user_id, peer_id } = member;
  const name = shortId(session_id);
  return (
    <li class="member" data-testid="member-row" data-session-id={session_id} data-role={role}>
      <span class="member-role">{role}</span>
      <code title={session_id}>{name}</code>
      <span class="member-who" title={user_id}>
        {isOwn ? 'You' : user_id}
        {peer_id !== undefined && (
          <>
            , hears <code title={peer_id}>{shortId(peer_id)}</code>
          </>
        )}
      </span>
      <span class="member-actions">
        {(['audio', 'video'] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            class="button button-small button-mute"
            data-testid={`member-mute-${kind}`}
            aria-pressed={moderated[kind]}
            aria-label={`Mute ${kind} of ${role} ${name}`}
            title={`Mute ${kind} for the whole room`}
            disabled={!isOnline}
            onClick={() => onMute({ [kind]: !moderated[kind] })}
          >
            <Icon name={moderated[kind] ? `${icons[kind]}-off` : icons[kind]} />
          </button>
        ))}
        <button
          type="button"
          class="button button-small"
          data-testid="member-kick"
          aria-label={`Kick ${role} ${name}`}
          disabled={!isOnline}
          onClick={onKick}
        >
          Kick
        </button>
      </span>
    </li>
  );
}
