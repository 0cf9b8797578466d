import { defineLimits } from '@lango/kernel'

/** Everything that strangers can make the portal do. Behind a router all phones of a place may share one address. */
export const portalLimits = defineLimits({
  windowMs: 15 * 60_000,
  keysMax: 20_000,
  /** Requests to pay: of one device, of one address, of all. How often one phone is asked is limited for itself. */
  buysPerDeviceMax: 12,
  buysPerAddressMax: 600,
  buysMax: 3000,
  /** Codes that nobody has: with 35 bits a code, and a million good ones, one in thirty thousand is found by chance. */
  missesPerDeviceMax: 10,
  missesPerAddressMax: 150,
  missesMax: 1000,
  /** Discount codes that nobody has made. */
  couponsPerDeviceMax: 10,
  couponsPerAddressMax: 150,
  couponsMax: 1000,
  /** Codes by SMS or e-mail: they cost money, and all together are limited with the registrations. */
  codesPerDeviceMax: 3,
  codesPerAddressMax: 60,
  codesMax: 300,
  /** Payments that were looked for, and codes of messages. */
  claimsPerDeviceMax: 10,
  claimsPerAddressMax: 150,
  claimsMax: 1000,
  /** Times that a browser is sent to log in: each leaves a line in the audit log. */
  handOversPerDeviceMax: 40,
  handOversPerAddressMax: 3000,
  handOversMax: 20_000,
  formBytesMax: 4096,
  /** Languages of a browser that are looked at. */
  languagesAskedMax: 10,
  /** What is for sale, and how the page looks, is looked up again after this. */
  offerLifeMs: 1000,
  /** Looks kept at a time: routers may each have their own, by a name that the browser tells. */
  looksMax: 100,
  /** Who tried to pay so lately tells whether the provider is reached. */
  cutLatelyMs: 180_000,
  /** A payment is found by the phone alone for so long. */
  claimByPhoneMs: 86_400_000,
})
