import { withoutInvitation } from '../friend/invitation.ts';
import { hashOf } from '../shell/route.ts';

/** This page's address, so that whoever opens it is in the room. */
export function linkToRoom(roomId: string, { href }: Pick<Location, 'href'>): string {
  const url = withoutInvitation(href);
  url.hash = hashOf({ page: 'rooms', roomId });
  return url.href;
}
