/* An HTTPS client: https HOST PORT PATH CA.pem prints the body of the answer, if HOST's certificate
 * is good for that name and comes from one of the authorities in the file. TLS is BearSSL, compiled
 * into the module.
 */
#include "posix_sockets.h"

#include <bearssl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ANCHORS = 256 };

/* Bytes that grow as a decoder appends. */
struct bytes {
  unsigned char* data;
  size_t size;
};

static void append(void* context, const void* data, size_t size) {
  struct bytes* bytes = context;
  bytes->data = realloc(bytes->data, bytes->size + size);
  if (bytes->data == NULL) abort();
  memcpy(bytes->data + bytes->size, data, size);
  bytes->size += size;
}

static void* copy(const void* data, size_t size) {
  void* made = malloc(size + 1);
  if (made == NULL) abort();
  return memcpy(made, data, size);
}

/* A certificate as a trust anchor: its name and key. 0: it is not one. */
static int to_anchor(const struct bytes* certificate, br_x509_trust_anchor* out) {
  br_x509_decoder_context decoder;
  struct bytes name = {0};
  br_x509_decoder_init(&decoder, append, &name);
  br_x509_decoder_push(&decoder, certificate->data, certificate->size);
  const br_x509_pkey* key = br_x509_decoder_get_pkey(&decoder);
  if (key == NULL) return 0;
  *out = (br_x509_trust_anchor){
      {name.data, name.size}, br_x509_decoder_isCA(&decoder) ? BR_X509_TA_CA : 0, *key};
  if (key->key_type == BR_KEYTYPE_RSA) {
    out->pkey.key.rsa.n = copy(key->key.rsa.n, key->key.rsa.nlen);
    out->pkey.key.rsa.e = copy(key->key.rsa.e, key->key.rsa.elen);
  } else {
    out->pkey.key.ec.q = copy(key->key.ec.q, key->key.ec.qlen);
  }
  return 1;
}

/* Reads every certificate of a PEM file; how many. */
static size_t read_anchors(const char* path, br_x509_trust_anchor* anchors) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return 0;
  }
  br_pem_decoder_context pem;
  br_pem_decoder_init(&pem);
  struct bytes certificate = {0};
  size_t count = 0;
  char buffer[4096];
  for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0;) {
    for (size_t used = 0; used < size && count < MAX_ANCHORS;) {
      used += br_pem_decoder_push(&pem, buffer + used, size - used);
      const int event = br_pem_decoder_event(&pem);
      if (event == BR_PEM_BEGIN_OBJ) {
        certificate.size = 0;
        br_pem_decoder_setdest(&pem, append, &certificate);
      } else if (event == BR_PEM_END_OBJ) {
        count += (size_t)to_anchor(&certificate, &anchors[count]);
      }
    }
  }
  fclose(file);
  free(certificate.data);
  return count;
}

static int connect_to(const char* host, const char* port) {
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo* list = NULL;
  const int error = getaddrinfo(host, port, &hints, &list);
  if (error != 0) {
    fprintf(stderr, "https: %s: %s\n", host, gai_strerror(error));
    return -1;
  }
  int fd = -1;
  for (struct addrinfo* each = list; each != NULL && fd < 0; each = each->ai_next) {
    fd = socket(each->ai_family, each->ai_socktype, 0);
    if (fd < 0 || connect(fd, each->ai_addr, each->ai_addrlen) == 0) continue;
    perror("https: connect");
    close(fd);
    fd = -1;
  }
  freeaddrinfo(list);
  return fd;
}

static int read_socket(void* fd, unsigned char* data, size_t size) {
  const ssize_t got = recv(*(int*)fd, data, size, 0);
  return got > 0 ? (int)got : -1;
}

static int write_socket(void* fd, const unsigned char* data, size_t size) {
  const ssize_t sent = send(*(int*)fd, data, size, MSG_NOSIGNAL);
  return sent > 0 ? (int)sent : -1;
}

static const char* reason(int error) {
  switch (error) {
    case BR_ERR_X509_NOT_TRUSTED:
      return "the certificate comes from no known authority";
    case BR_ERR_X509_BAD_SERVER_NAME:
      return "the certificate is another host's";
    case BR_ERR_X509_EXPIRED:
      return "the certificate is out of date";
    default:
      return "TLS failed";
  }
}

/* One request and its answer. */
static int exchange(int fd, const char* host, const char* path, const br_x509_trust_anchor* anchors,
                    size_t count) {
  static br_ssl_client_context client;
  static br_x509_minimal_context x509;
  static unsigned char records[BR_SSL_BUFSIZE_BIDI];
  static char answer[65536];
  br_ssl_client_init_full(&client, &x509, anchors, count);
  unsigned char seed[32]; /* of the host, where BearSSL would look for a device */
  if (getentropy(seed, sizeof seed) != 0) {
    perror("https: getentropy");
    return 1;
  }
  br_ssl_engine_inject_entropy(&client.eng, seed, sizeof seed);
  br_ssl_engine_set_buffer(&client.eng, records, sizeof records, 1);
  br_ssl_client_reset(&client, host, 0);
  br_sslio_context io;
  br_sslio_init(&io, &client.eng, read_socket, &fd, write_socket, &fd);
  const int size =
      snprintf(answer, sizeof answer, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
  size_t used = 0;
  if (size < (int)sizeof answer && br_sslio_write_all(&io, answer, (size_t)size) == 0 &&
      br_sslio_flush(&io) == 0) {
    for (int got; used + 1 < sizeof answer &&
                  (got = br_sslio_read(&io, answer + used, sizeof answer - 1 - used)) > 0;) {
      used += (size_t)got;
    }
  }
  answer[used] = '\0';
  const int error = br_ssl_engine_last_error(&client.eng);
  /* Without TLS's own farewell, somebody may have cut the answer short. */
  if (error != 0 || br_ssl_engine_current_state(&client.eng) != BR_SSL_CLOSED) {
    fprintf(stderr, "https: %s: %s (BearSSL's error %d)\n", host, reason(error), error);
    return 1;
  }
  const char* body = strstr(answer, "\r\n\r\n");
  if (body == NULL) {
    fprintf(stderr, "https: %s: no answer\n", host);
    return 1;
  }
  fputs(body + 4, stdout);
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: https HOST PORT PATH CA.pem\n");
    return 2;
  }
  static br_x509_trust_anchor anchors[MAX_ANCHORS];
  const size_t count = read_anchors(argv[4], anchors);
  if (count == 0) {
    fprintf(stderr, "https: no certificate in %s\n", argv[4]);
    return 1;
  }
  const int fd = connect_to(argv[1], argv[2]);
  return fd < 0 ? 1 : exchange(fd, argv[1], argv[3], anchors, count);
}
