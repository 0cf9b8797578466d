/* The few calls of OpenSSL 3 that a TLS client over memory needs, declared here so that no headers are needed: the
 * libraries come with FreeRADIUS, their headers do not. Link with -l:libssl.so.3 -l:libcrypto.so.3. */
#ifndef LANGO_BENCH_OPENSSL_H
#define LANGO_BENCH_OPENSSL_H

#include <stdint.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct bio_st BIO;
typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

enum { TLS1_2_VERSION = 0x0303, CTRL_SET_MIN_PROTO_VERSION = 123, CTRL_SET_MAX_PROTO_VERSION = 124 };
enum { CTRL_GET_NEGOTIATED_GROUP = 134, ERROR_WANT_READ = 2 };
static const uint64_t OP_NO_TICKET = 1ull << 14;

const void *TLS_client_method(void);
SSL_CTX *SSL_CTX_new(const void *method);
long SSL_CTX_ctrl(SSL_CTX *context, int command, long value, void *pointer);
int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list);
uint64_t SSL_CTX_set_options(SSL_CTX *context, uint64_t options);
SSL *SSL_new(SSL_CTX *context);
void SSL_free(SSL *ssl);
void SSL_set_connect_state(SSL *ssl);
void SSL_set_bio(SSL *ssl, BIO *in, BIO *out);
int SSL_do_handshake(SSL *ssl);
int SSL_is_init_finished(const SSL *ssl);
int SSL_get_error(const SSL *ssl, int result);
int SSL_read(SSL *ssl, void *data, int bytes);
int SSL_write(SSL *ssl, const void *data, int bytes);
long SSL_ctrl(SSL *ssl, int command, long value, void *pointer);
const char *SSL_get_version(const SSL *ssl);
const void *SSL_get_current_cipher(const SSL *ssl);
const char *SSL_CIPHER_get_name(const void *cipher);
const char *SSL_group_to_name(SSL *ssl, int id);
X509 *SSL_get1_peer_certificate(const SSL *ssl);
void X509_free(X509 *certificate);
EVP_PKEY *X509_get0_pubkey(const X509 *certificate);
int EVP_PKEY_get_bits(const EVP_PKEY *key);
const char *EVP_PKEY_get0_type_name(const EVP_PKEY *key);
const void *BIO_s_mem(void);
BIO *BIO_new(const void *method);
int BIO_read(BIO *bio, void *data, int bytes);
int BIO_write(BIO *bio, const void *data, int bytes);

#endif
