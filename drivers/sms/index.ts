export { createAfricasTalkingSender } from './africastalking.ts'
export { createGatewaySender } from './gateway.ts'
export { createTwilioSender } from './twilio.ts'
