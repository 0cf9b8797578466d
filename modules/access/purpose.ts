/** What a sealed network password is bound to. */
export const credentialPurpose = (grantId: string): string => `grants.credential:${grantId}`
