const paths = {
  camera:
    'M3 7.5A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5zM15 10.5l6-3.5v10l-6-3.5',
  'camera-off':
    'M3 7.5A1.5 1.5 0 0 1 4.5 6h9A1.5 1.5 0 0 1 15 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16.5zM15 10.5l6-3.5v10l-6-3.5M3 3l18 18',
  microphone: 'M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7',
  'microphone-off': 'M9 6a3 3 0 0 1 6 0v5a3 3 0 0 1-6 0zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7M3 3l18 18',
  'hang-up':
    'M2.8 13.2C5 10.6 8.4 9.3 12 9.3s7 1.3 9.2 3.9c.5.6.4 1.5-.1 2.1l-1.4 1.5c-.4.4-1 .5-1.5.3l-2.4-1.1c-.5-.2-.8-.7-.8-1.2v-1.7a10.5 10.5 0 0 0-6 0v1.7c0 .5-.3 1-.8 1.2l-2.4 1.1c-.5.2-1.1.1-1.5-.3l-1.4-1.5c-.5-.6-.6-1.5-.1-2.1z',
  call: 'M6.5 3.5h3l1.5 4-2 1.5a11 11 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 5.5a2 2 0 0 1 2-2z',
  pattern: 'M4 5h16v14H4zM9.3 5v14M14.7 5v14M4 14.5h16',
  message: 'M4 5h16v11H10l-4.5 4v-4H4z',
  'message-off': 'M4 5h16v11H10l-4.5 4v-4H4zM3 3l18 18',
  record: 'M12 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10z',
  stop: 'M7 7h10v10H7z',
  publish: 'M12 15V4M7 8.5L12 4l5 4.5M4 15v4.5h16V15',
  listen: 'M4 13.5a8 8 0 0 1 16 0M4 13.5h3.5V20H4zM16.5 13.5H20V20h-3.5z',
  pause: 'M9 6v12M15 6v12',
  bridge: 'M3 12h18M7 8l-4 4l4 4M17 8l4 4l-4 4',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  settings: 'M4 7h8M18 7h2M4 17h2M12 17h8M15 4.5v5M9 14.5v5',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  refresh: 'M20 11.5A8 8 0 1 0 18 17M20 5v6.5h-6.5',
  friends:
    'M9 11a3.5 3.5 0 1 0 0-7a3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.3a3.5 3.5 0 0 1 0 6.4M18.5 14.6a6.5 6.5 0 0 1 3 5.4',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  down: 'M12 5v14M6 13l6 6 6-6',
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: the control that it is in has the name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
