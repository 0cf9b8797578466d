/**
 * The login by which a box tries itself (`lango health`): a grant like any other, so that what is tried is the way that
 * subscribers go. It is good at one router alone, the box's own: who asks from an address that no wire carries (RFC 1122
 * §3.2.1.3). It belongs to no service, so nobody sells, lists or bills it.
 */
export const HEALTH_LOGIN = 'lango-health-check'
/** Within 127.0.0.0/8, and nobody's: a router of the owner's may be at 127.0.0.1. */
export const HEALTH_ADDRESS = '127.76.71.79'
/** No counter comes here: the rows of the box's own are told apart by their numbers. */
export const HEALTH_GRANT_NO = 2 ** 31 - 1
export const HEALTH_ROUTER_NO = 2 ** 31 - 1

/** The secret between the box and itself, from its key file: it is stored nowhere. */
export const healthSecret = (vault: { keyedHash(text: string, purpose: string): string }): string =>
  vault.keyedHash(HEALTH_ADDRESS, 'routers.own')
