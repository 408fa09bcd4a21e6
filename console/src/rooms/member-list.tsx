import './member-list.css';
import type { PatchbayClient } from '../../../lib/client/index.ts';
import { Icon } from '../shell/icon.tsx';
import { MemberRow } from './member-row.tsx';
import { type Moderated, moderatedOf } from './moderated.ts';
import type { Room } from './use-room.ts';

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  readonly room: Room;
  /** This page's own sessions. */
  readonly ownIds: readonly (string | undefined)[];
}

/** Who is in the room, and what a moderator can do about it. */
export function MemberList({ client, isOnline, room: { info, isLoading, run, refresh }, ownIds }: Props) {
  const members = info?.members ?? [];
  const room_id = info?.room_id ?? '';
  const kick = (session_id: string) => run(async () => client?.request('room/kick', { room_id, session_id }));
  const mute = (session_id: string, change: Partial<Moderated>) =>
    run(async () => client?.request('room/mute', { room_id, session_id, ...change }));
  return (
    <section class="card" aria-label="Members" aria-busy={isLoading}>
      <div class="card-head">
        <h2>
          Members <span class="count">{members.length + (info?.omitted ?? 0)}</span>
        </h2>
        <button
          type="button"
          class="button button-small"
          disabled={!isOnline || isLoading || room_id === ''}
          onClick={refresh}
        >
          <Icon name="refresh" />
          Refresh
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="member-scroll" tabIndex={0} aria-label="List of members">
        {members.length === 0 && (
          <p class="card-empty">
            {info ? 'Nobody is in this room yet.' : 'The members of the chosen room are listed here.'}
          </p>
        )}
        <ul class="member-rows" data-testid="member-list">
          {members.map((member) => (
            <MemberRow
              key={member.session_id}
              member={member}
              isOwn={ownIds.includes(member.session_id)}
              isOnline={isOnline}
              moderated={moderatedOf(member)}
              onMute={(change) => void mute(member.session_id, change)}
              onKick={() => void kick(member.session_id)}
            />
          ))}
        </ul>
      </section>
    </section>
  );
}
