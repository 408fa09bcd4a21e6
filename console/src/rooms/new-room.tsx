import '../shell/form-rows.css';
import './new-room.css';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { CommandInput, PatchbayClient } from '../../../lib/client/index.ts';
import { goTo } from '../shell/route.ts';
import { useLatest } from '../shell/use-latest.ts';

type Fields = CommandInput<'room/create'>;

const classes = [
  { value: 'sfu', name: 'sfu: each hears whom it chooses', hint: 'On Janus: publishers, and who listens to them.' },
  { value: 'mcu', name: 'mcu: all hear one mix', hint: 'On FreeSWITCH: members, and one picture of all.' },
] as const;
const audioCodecs = ['opus', 'isac32', 'isac16', 'pcmu', 'pcma'] as const;
const videoCodecs = ['vp8', 'vp9', 'h264'] as const;

interface Props {
  readonly client: PatchbayClient | undefined;
  readonly isOnline: boolean;
  onDone(): void;
}

/** Makes a room, and goes to it. */
export function NewRoom({ client, isOnline, onDone }: Props) {
  const { isLoading, problem, load } = useLatest();
  const [chosen, setChosen] = useState('sfu');
  const id = useId();
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => name.current?.focus(), []);
  const make = (form: HTMLFormElement) =>
    load(
      async () => client?.request('room/create', read(new FormData(form))),
      (made) => {
        if (!made) return;
        onDone();
        goTo({ page: 'rooms', roomId: made.room_id });
      },
    );
  return (
    <form
      class="new-room form-rows"
      aria-label="New room"
      onSubmit={(event) => {
        event.preventDefault();
        void make(event.currentTarget);
      }}
    >
      <label for={`${id}-name`}>Name</label>
      <input
        ref={name}
        id={`${id}-name`}
        name="room_id"
        data-testid="room-name"
        autocomplete="off"
        spellcheck={false}
        maxLength={64}
        pattern="[A-Za-z0-9_.:\-]*"
        title="Letters, digits and _ . : -"
        placeholder="made by the server"
      />
      <label for={`${id}-class`}>Class</label>
      <select
        id={`${id}-class`}
        name="class"
        data-testid="room-class"
        aria-describedby={`${id}-hint`}
        value={chosen}
        onChange={({ currentTarget }) => setChosen(currentTarget.value)}
      >
        {classes.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <p id={`${id}-hint`} class="new-room-hint">
        {classes.find(({ value }) => value === chosen)?.hint}
      </p>
      <label for={`${id}-audio`}>Audio codec</label>
      <select id={`${id}-audio`} name="audio_codec">
        {audioCodecs.map((codec) => (
          <option key={codec}>{codec}</option>
        ))}
      </select>
      <label for={`${id}-video`}>Video codec</label>
      <select id={`${id}-video`} name="video_codec" data-testid="room-video-codec">
        {videoCodecs.map((codec) => (
          <option key={codec}>{codec}</option>
        ))}
      </select>
      <label for={`${id}-bitrate`}>Bitrate, kbit/s</label>
      <input
        id={`${id}-bitrate`}
        name="bitrate"
        data-testid="room-bitrate"
        type="number"
        min={0}
        max={1_000_000}
        placeholder="unlimited"
      />
      {problem && (
        <p class="new-room-problem" role="alert">
          {problem}
        </p>
      )}
      <button
        type="submit"
        class="button button-primary"
        data-testid="room-make"
        disabled={!isOnline || isLoading || !client}
      >
        Make the room
      </button>
    </form>
  );
}

/** What was left empty is left to the server. */
function read(form: FormData): Fields {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const roomId = text('room_id');
  const bitrate = text('bitrate');
  return {
    class: text('class') === 'mcu' ? 'mcu' : 'sfu',
    ...(roomId !== '' && { room_id: roomId }),
    audio_codec: audioCodecs.find((codec) => codec === text('audio_codec')),
    video_codec: videoCodecs.find((codec) => codec === text('video_codec')),
    ...(bitrate !== '' && { bitrate: Number(bitrate) }),
  };
}
