// Drawn for this kit on a 16 px grid with 1.5 px strokes.
const paths = {
  sessions: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  decisions: 'M5.5 4h9M5.5 8h9M5.5 12h9M1.5 4l.8.8L3.8 3.2M1.5 8l.8.8L3.8 7.2M1.5 12l.8.8 1.5-1.6',
  routers: 'M2 9.5h12v4H2zM5 11.5h.01M8 11.5h.01M8 9.5v-3M5.5 4.5a3.5 3.5 0 0 1 5 0M3.5 2.5a6.4 6.4 0 0 1 9 0',
  gallery: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
  view: 'M1.5 5h6M11.5 5h3M1.5 11h3M8.5 11h6M9.5 3v4M6.5 9v4',
  collapse: 'M2 2.5h12v11H2zM6 2.5v11M11.5 6 9.5 8l2 2',
  expand: 'M2 2.5h12v11H2zM6 2.5v11M9.5 6l2 2-2 2',
} as const

export type IconName = keyof typeof paths
export const iconNames = Object.keys(paths) as IconName[]

/** Beside a word, never instead of one: it is hidden from screen readers. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
