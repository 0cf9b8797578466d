/** How far a box is set up: derived from what it has, never counted. Pure. */

/** In the order in which people do them. */
export const setupSteps = ['owner', 'place', 'router', 'plan', 'vouchers', 'login'] as const
export type SetupStep = (typeof setupSteps)[number]

export type Progress = { readonly done: Readonly<Record<SetupStep, boolean>>; readonly isDismissed: boolean }

/** Where each is done; the first login comes by itself. */
export const stepHref: Readonly<Record<SetupStep, string>> = {
  owner: '/first-run',
  place: '/setup/place',
  router: '/setup/router',
  plan: '/setup/plan',
  vouchers: '/setup/vouchers',
  login: '/setup/done',
}

export const stepsDone = ({ done }: Progress): number => setupSteps.filter((step) => done[step]).length

/** The first that is not done; undefined when all are. */
export const nextStep = ({ done }: Progress): SetupStep | undefined => setupSteps.find((step) => !done[step])

/** Whether the desk still says how far it is: whoever has a login is in business, whatever they have left out. */
export const isUnderWay = ({ done, isDismissed }: Progress): boolean => !isDismissed && !done.login
