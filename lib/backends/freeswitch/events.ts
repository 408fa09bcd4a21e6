import type { Headers } from './esl.ts';

/** What FreeSWITCH tells of channels, as far as it is of interest. `id` is a channel's uuid. */
export type ChannelEvent =
  | { readonly kind: 'parked' | 'echoing'; readonly id: string }
  /** Told once for both channels. */
  | { readonly kind: 'bridged'; readonly id: string; readonly peerId: string }
  | {
      readonly kind: 'joined';
      readonly id: string;
      readonly room: string;
      /** Another one than before: the conference was made anew. */
      readonly conferenceId: string;
      readonly member: number;
    }
  | { readonly kind: 'hung up'; readonly id: string; readonly cause: string };

/** A file is complete: of a channel, or of a conference. */
export interface FileEvent {
  readonly kind: 'recorded';
  readonly file: string;
}

/** Undefined for what says nothing to us. */
export function readEvent(headers: Headers): ChannelEvent | FileEvent | undefined {
  const id = headers['Unique-ID'] ?? '';
  switch (headers['Event-Name']) {
    case 'CHANNEL_PARK':
      return { kind: 'parked', id };
    case 'CHANNEL_EXECUTE':
      return headers.Application === 'echo' ? { kind: 'echoing', id } : undefined;
    case 'CHANNEL_BRIDGE':
      return bridged(headers, id);
    case 'CHANNEL_HANGUP':
      return { kind: 'hung up', id, cause: headers['Hangup-Cause'] ?? 'unknown' };
    case 'RECORD_STOP':
      return { kind: 'recorded', file: headers['Record-File-Path'] ?? '' };
    case 'CUSTOM':
      return headers['Event-Subclass'] === 'conference::maintenance' ? conferenceEvent(headers, id) : undefined;
    default:
      return undefined;
  }
}

/** The order in which things happened; events may be told in another. Undefined where it is not told. */
export function sequenceOf(headers: Headers): number | undefined {
  const sequence = Number(headers['Event-Sequence']);
  return Number.isFinite(sequence) ? sequence : undefined;
}

function bridged(headers: Headers, id: string): ChannelEvent | undefined {
  const ends = [headers['Bridge-A-Unique-ID'], headers['Bridge-B-Unique-ID'], headers['Other-Leg-Unique-ID']];
  const peerId = ends.find((end) => end !== undefined && end !== id);
  return peerId === undefined ? undefined : { kind: 'bridged', id, peerId };
}

function conferenceEvent(headers: Headers, id: string): ChannelEvent | FileEvent | undefined {
  switch (headers.Action) {
    case 'add-member':
      return {
        kind: 'joined',
        id,
        room: headers['Conference-Name'] ?? '',
        conferenceId: headers['Conference-Unique-ID'] ?? '',
        member: Number(headers['Member-ID']),
      };
    case 'stop-recording':
      // In front of the path stand the recording's parameters, in braces.
      return { kind: 'recorded', file: (headers.Path ?? '').replace(/^\{[^}]*\}/, '') };
    default:
      return undefined;
  }
}
