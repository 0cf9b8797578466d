/** The sentences about messages, and about people who register by them. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { removeSender, retryMessage, setSender, testMessage } from '@lango/modules/messages'
import type { ConsentFault, RegistrationFault } from '@lango/modules/registration'

export type SendingFault =
  | FaultOf<typeof removeSender | typeof retryMessage | typeof setSender | typeof testMessage>
  | RegistrationFault
  | ConsentFault

type Sentences = { readonly [T in SendingFault['type']]: (fault: Extract<SendingFault, { type: T }>) => string }

export const sendingSentences: Sentences = {
  RegistrationClosed: () => 'Nobody can register for this plan by themselves.',
  ContactUnfit: ({ by, prefixes }) =>
    by === 'email'
      ? 'This is no e-mail address: it looks like name@example.net.'
      : `This is no phone number that gets messages: it begins with ${prefixes.join(', ')}.`,
  RegistrationTooMany: ({ minutes }) => `Too many codes were asked for. Try again in ${minutes} min.`,
  ConsentMissing: () => 'Nobody has agreed to it, and without that it is not done.',
  DeviceKnown: () => 'This device has had its free access.',
  ConsentUnknown: ({ consent }) => `There is no consent ${consent} to messages.`,
  SenderMissing: ({ channel }) =>
    `Nobody is set up to send ${channel === 'sms' ? 'SMS' : 'e-mail'}. See: lango help message ${channel === 'sms' ? 'sms' : 'mail'}`,
  SenderSecretMissing: ({ channel }) =>
    channel === 'sms'
      ? 'The key of the account is needed: --key-file FILE'
      : 'The password of this user at this server is needed: --password-file FILE. One that was set for another server is not told to this one.',
  PasswordInClear: () =>
    'Without TLS anybody on the way could read the password: use TLS (--security starttls or tls), or a server that asks for no user.',
  NumberElsewhere: ({ prefixes }) =>
    `SMS go only to numbers that begin with ${prefixes.join(', ')}. Others are allowed with: lango message sms --prefix`,
  MessagesFull: ({ max }) =>
    `${max} messages wait to be sent, and no more can. See why: lango message list --state waiting`,
  MessageUnknown: ({ message }) => `There is no message ${message}. See: lango message list`,
  MessageNotFailed: ({ message, state }) =>
    `Message ${message} is ${state}: only what was given up is sent again by hand.`,
  MessageTooLate: ({ message }) => `Message ${message} is not worth sending any more, and its text is gone.`,
}
