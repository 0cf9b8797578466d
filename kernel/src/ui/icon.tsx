// Drawn for this kit on a 16 px grid with 1.5 px strokes.
const paths = {
  home: 'M2 7.5 8 2.5l6 5M3.5 6.5v7h9v-7M6.5 13.5v-4h3v4',
  subscribers: 'M8 7.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM2.5 14c.5-2.8 2.6-4.2 5.5-4.2s5 1.4 5.5 4.2',
  vouchers: 'M1.5 4h13v2.7a1.4 1.4 0 0 0 0 2.6V12h-13V9.3a1.4 1.4 0 0 0 0-2.6ZM10 4v2M10 7.2v1.6M10 10v2',
  plans: 'M8.2 2H14v5.8L7.8 14 2 8.2ZM11.3 4.7h.01',
  payments: 'M1.5 4h13v8h-13ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4 8h.01M12 8h.01',
  ledger: 'M3 2.5h8.5A1.5 1.5 0 0 1 13 4v9.5H4.5A1.5 1.5 0 0 1 3 12zM3 12a1.5 1.5 0 0 1 1.5-1.5H13M6 5.5h4',
  reports: 'M2 14h12M3.5 14V9M7 14V3M10.5 14V6.5M13.5 14v-3',
  staff:
    'M6 7a2.3 2.3 0 1 0 0-4.6A2.3 2.3 0 0 0 6 7ZM1.5 13.5c.4-2.6 2-4 4.5-4s4.1 1.4 4.5 4M10.5 2.7a2.3 2.3 0 0 1 0 4.2M12.5 9.8c1.2.6 1.8 1.9 2 3.7',
  audit: 'M4 1.5h6l3 3v10H4ZM10 1.5v3h3M6 7.5h5M6 10h5M6 12.5h3',
  settings:
    'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
  health: 'M8 13.5 2.9 8.3a3.1 3.1 0 0 1 4.4-4.4l.7.7.7-.7a3.1 3.1 0 0 1 4.4 4.4ZM1.5 8.5H5l1-2 1.7 3.5L9 7.5h2',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14.5 14.5',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  person: 'M8 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14.5c.3-2.6 2.4-4 5.5-4s5.2 1.4 5.5 4',
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
