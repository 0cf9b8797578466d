/**
 * Why a login was answered as it was: the code that is stored, the sentence that is shown, what to do about it, and
 * what the subscriber is told (Reply-Message: never more than a stranger may know).
 */
export const outcomes = ['accept', 'reject', 'challenge'] as const
export type Outcome = (typeof outcomes)[number]

/** The order is stored: add at the end. */
export const reasons = [
  'none',
  'accepted',
  'accepted-expired',
  'unknown-user',
  'wrong-password',
  'no-credential',
  'suspended',
  'ended',
  'expired',
  'other-device',
  'device-limit',
  'quota-used',
  'locked-out',
  'wrong-realm',
  'eap-failed',
  'key-lost',
  'busy',
  'proxied',
  'proxy-down',
  'challenged',
  'too-many-guesses',
  'not-begun',
  'time-used',
  'outside-hours',
  'admin-full',
  'admin-read',
  'admin-off',
  'admin-pap-only',
  'admin-unsigned',
  'admin-unknown',
  'admin-wrong-password',
  'admin-wrong-code',
  'admin-disabled',
  'admin-forbidden',
  'admin-too-many',
  'other-serial',
  'unknown-station',
  'wrong-passphrase',
  'unknown-device',
  'other-router',
  'away',
] as const
export type Reason = (typeof reasons)[number]

type Words = { readonly sentence: string; readonly remedy: string; readonly told: string }

const refused = 'Login refused. Check your user name and password.'

export const reasonWords: Readonly<Record<Reason, Words>> = {
  none: { sentence: 'No reason was recorded.', remedy: '', told: '' },
  accepted: { sentence: 'The login was right and the service is in order.', remedy: '', told: '' },
  'accepted-expired': {
    sentence: 'The service has expired; the plan lets expired subscribers onto a walled page or pool.',
    remedy: 'Renew the service, then disconnect the session or wait for it to log in again.',
    told: 'Your service has expired. Please renew it.',
  },
  'unknown-user': {
    sentence: 'No subscriber has this login.',
    remedy: 'Compare the spelling on the device with `lango subscriber list`.',
    told: refused,
  },
  'wrong-password': {
    sentence: 'The password does not match.',
    remedy:
      'Type the password again on the device, or set a new one. If every login of a router fails, its shared secret is wrong.',
    told: refused,
  },
  'no-credential': {
    sentence: 'The request carried no password, response or certificate that could be checked.',
    remedy: 'Switch on PAP, CHAP, MS-CHAPv2 or EAP on the router.',
    told: refused,
  },
  suspended: {
    sentence: 'The subscriber is suspended.',
    remedy: 'Resume the subscriber: `lango subscriber resume LOGIN`.',
    told: 'Your service is suspended. Please contact your provider.',
  },
  ended: { sentence: 'The service has ended.', remedy: 'Add a new service for the customer.', told: refused },
  expired: {
    sentence: 'The service has expired.',
    remedy: 'Renew the service.',
    told: 'Your service has expired. Please renew it.',
  },
  'other-device': {
    sentence: 'The login is bound to other devices.',
    remedy: 'Free the bound device, or log in from it.',
    told: 'This login is bound to another device.',
  },
  'other-serial': {
    sentence:
      'The login is bound to an ONT or CPE, and came from another or from none; what was seen stands beside it.',
    remedy:
      'Set the serial that is there now (`lango subscriber import FILE --update`), or connect the ONT or CPE that is bound.',
    told: 'This login is bound to another connection.',
  },
  'unknown-station': {
    sentence:
      'The device is bound to nobody who has a Wi-Fi passphrase of their own, and the access point showed no handshake that would tell whose it types.',
    remedy:
      'Bind the device to its subscriber: `lango subscriber bind LOGIN DEVICE`. Access points with hostapd 2.11 find it themselves (`wpa_psk_radius=3`).',
    told: refused,
  },
  'wrong-passphrase': {
    sentence: 'The Wi-Fi passphrase that the device has is nobody’s here.',
    remedy:
      'Type it again on the device; it is forgotten there first. The handshake of 802.11r (FT) and of WPA3 cannot be checked: switch them off on this network.',
    told: refused,
  },
  'device-limit': {
    sentence: 'As many devices as the plan allows are online.',
    remedy: 'Disconnect one of them; a session that died is freed by itself.',
    told: 'Too many devices are using this login.',
  },
  'quota-used': {
    sentence: 'The data of the plan is used up.',
    remedy: 'Sell more data (`lango subscriber topup LOGIN`), or wait for the next period.',
    told: 'Your data bundle is used up.',
  },
  'time-used': {
    sentence: 'The time of the plan is used up.',
    remedy: 'Sell more time (`lango subscriber topup LOGIN`), or wait for the next period.',
    told: 'Your time is used up.',
  },
  away: {
    sentence: 'The voucher was lent to another box and is good there, not here.',
    remedy: 'See which: `lango voucher loans`. What is left of a loan is good here again once it was given back.',
    told: 'This voucher is good at another place of your provider.',
  },
  'outside-hours': {
    sentence: 'The plan is not good at this time of the day or week.',
    remedy: 'See its hours: `lango subscriber show LOGIN`. Sell a plan without them where it should be good always.',
    told: 'Your plan is not good at this time. Please try again later.',
  },
  'not-begun': {
    sentence: 'The time that was sold has not begun yet.',
    remedy: 'See when it begins: `lango subscriber show LOGIN`.',
    told: 'Your access has not begun yet. Please try again later.',
  },
  'locked-out': {
    sentence: 'Too many wrong passwords from this device; it is refused for some minutes without a check.',
    remedy: 'Wait, then log in with the right password. Other devices of this login are not affected.',
    told: 'Too many attempts. Please wait a few minutes.',
  },
  'wrong-realm': {
    sentence: 'The realm of the login is not served here.',
    remedy: 'Set the realm of the router, or add a home server for it.',
    told: refused,
  },
  'eap-failed': {
    sentence: 'The EAP conversation failed before a password was checked.',
    remedy: 'Check that the device trusts the certificate of this box (`lango tls show`) and offers an allowed method.',
    told: refused,
  },
  'key-lost': {
    sentence: 'The stored password cannot be opened: its key is missing from the key file.',
    remedy: 'Restore the key file from a backup, or set the password again.',
    told: refused,
  },
  busy: {
    sentence: 'A limit of the box was reached.',
    remedy: 'See `lango doctor` for the limit.',
    told: 'Please try again in a minute.',
  },
  proxied: { sentence: "The realm's home server answered.", remedy: 'Ask the home server.', told: '' },
  'proxy-down': {
    sentence: "The realm's home server did not answer.",
    remedy: 'Check that it is reachable and knows this box.',
    told: 'Please try again in a minute.',
  },
  challenged: { sentence: 'The conversation goes on.', remedy: '', told: '' },
  'admin-full': { sentence: 'Somebody of the staff logged in to the router with full rights.', remedy: '', told: '' },
  'admin-read': { sentence: 'Somebody of the staff logged in to the router to look.', remedy: '', told: '' },
  'admin-off': {
    sentence: 'The login was for the router itself, and staff logins are off for this router.',
    remedy:
      'To let staff in: `lango router set NAME --admin-logins on`. A hotspot that asks like this must send Acct-Session-Id or NAS-Port-Type.',
    told: refused,
  },
  'admin-pap-only': {
    sentence:
      'The login was for the router itself, and not by PAP. Passwords of the staff are kept so that only PAP can be checked.',
    remedy: 'Log in by SSH, the console or WebFig; WinBox asks by CHAP. On other routers choose PAP.',
    told: refused,
  },
  'admin-unsigned': {
    sentence: 'The login was for the router itself, and neither signed (Message-Authenticator) nor over RadSec.',
    remedy: 'Have the router sign: on RouterOS `/radius set [find] require-message-auth=yes-for-request-resp`.',
    told: refused,
  },
  'admin-unknown': {
    sentence:
      'The login was for the router itself, and nobody of the staff has it. A subscriber’s login opens no router.',
    remedy: 'Compare the spelling with `lango staff list`.',
    told: refused,
  },
  'admin-wrong-password': {
    sentence: 'The login was for the router itself, and the staff password does not match.',
    remedy:
      'Type it again, with the six digits of the app behind it where there is one. A new one: `lango staff reset LOGIN`.',
    told: refused,
  },
  'admin-wrong-code': {
    sentence: 'The staff password is right; the code of the app behind it is missing, wrong or used already.',
    remedy: 'Type the password and right behind it the six digits that the app shows now; each code is good once.',
    told: refused,
  },
  'admin-disabled': {
    sentence: 'The login was for the router itself, and this person’s account is disabled.',
    remedy: 'Enable it where the person works here again: `lango staff list`.',
    told: refused,
  },
  'admin-forbidden': {
    sentence: 'The password is right, and this person’s role does not let them log in to routers.',
    remedy: 'Give the role the permission routers.admin or routers.look: `lango role list`.',
    told: refused,
  },
  'admin-too-many': {
    sentence: 'Too many logins to routers were tried: at this router, from this place or with this name.',
    remedy: 'Wait some minutes. If it goes on, look who guesses, and shut the router’s SSH to the outside.',
    told: 'Too many attempts. Please wait a few minutes.',
  },
  'unknown-device': {
    sentence: 'The router asked for the device by its address, and no device with this address is known.',
    remedy:
      'Nothing to do where it is somebody’s phone: its owner logs in on the page. A TV, printer or till is put on the bypass list.',
    // Every phone that joins a hotspot is asked for so: its page is to say nothing of it.
    told: '',
  },
  'other-router': {
    sentence: 'The device is on the bypass list, and not for this router.',
    remedy: 'Add the router to the device on the bypass list, or let it be good at all.',
    told: refused,
  },
  'too-many-guesses': {
    sentence: 'Too many codes that nobody has were tried by this device or at this router; codes not in use yet wait.',
    remedy: 'Wait some minutes. If it goes on, look at the router’s access log for the device that guesses.',
    told: 'Too many attempts. Please wait a few minutes.',
  },
}
