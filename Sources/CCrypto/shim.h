#ifndef VIGIE_CCRYPTO_SHIM_H
#define VIGIE_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#endif
