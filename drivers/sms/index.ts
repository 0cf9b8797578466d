export { createAfricasTalkingSender } from './africastalking.ts'
export { createGatewaySender } from './gateway.ts'
export { africasTalkingReports, createGatewayReports, createTwilioReports } from './reports.ts'
export { createTwilioSender } from './twilio.ts'
