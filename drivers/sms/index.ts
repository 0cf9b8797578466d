export { createAfricasTalkingSender } from './africastalking.ts'
export { createTwilioSender } from './twilio.ts'
