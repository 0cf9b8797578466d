/** The same signature as that of our own client of S3, from the other side. */
export { EMPTY_HASH, signatureOf } from '@lango/drivers/s3'
