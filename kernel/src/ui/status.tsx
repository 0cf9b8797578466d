import type { ComponentChildren } from 'preact'

/** Green serving, amber attention, red stopped, blue information; plain says nothing about well-being. */
export const meanings = ['good', 'attention', 'stopped', 'info', 'plain'] as const
export type Meaning = (typeof meanings)[number]

/** A state in words, with a shape of its own beside the colour: circle, triangle, square, diamond, ring. */
export const Status = ({ meaning, children }: { meaning: Meaning; children: ComponentChildren }) => (
  <span class={`status status-${meaning}`}>{children}</span>
)

/** A small label that sorts something: `demo`, `paused`. It carries no state. */
export const Badge = ({ children }: { children: ComponentChildren }) => <span class="badge">{children}</span>
