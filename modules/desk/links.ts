/** Where things have their pages. */
export const subscriberHref = (login: string): string => `/subscribers/${encodeURIComponent(login)}`
