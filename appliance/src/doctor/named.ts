/** The first of several, and how many more there are. */
export type Named<T> = { readonly first: readonly T[]; readonly more: number }

/** `a, b and 3 more` */
export const listed = <T>({ first, more }: Named<T>, and: string, spell: (each: T) => string): string =>
  first.map(spell).join(', ') + (more > 0 ? ` ${and.replace('{n}', String(more))}` : '')
