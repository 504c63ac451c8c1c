#include "posix_sockets.h"

#ifdef __wasi__
#include <stdlib.h>
#include <string.h>

/* What the host fills: a list that the caller brings, each node with room for an address and a
 * name. */
enum { MAX_RESULTS = 16, NAME_BYTES = 256, DATA_BYTES = 26 };

struct host_sockaddr {
  uint8_t family;
  uint32_t data_size;
  uint8_t* data; /* port, then IPv4 address; or port, flow, IPv6 address, scope: in network order */
};
struct host_addrinfo {
  uint16_t flags;
  uint8_t family, type, protocol;
  uint32_t address_size;
  struct host_sockaddr* address;
  char* name;
  uint32_t name_size;
  struct host_addrinfo* next;
};
struct node {
  struct host_addrinfo info;
  struct host_sockaddr address;
  uint8_t data[DATA_BYTES];
  char name[NAME_BYTES];
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_getaddrinfo"))) uint32_t
sock_getaddrinfo(const char* node, uint32_t node_size, const char* service, uint32_t service_size,
                 const struct host_addrinfo* hints, struct host_addrinfo** results, uint32_t max,
                 uint32_t* count);

/* One result, its address and name in one allocation. */
struct result {
  struct addrinfo info;
  struct sockaddr_storage address;
  char name[NAME_BYTES];
};

static struct addrinfo* make_result(const struct node* from) {
  struct result* made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  made->info.ai_flags = from->info.flags;
  made->info.ai_family = from->info.family;
  made->info.ai_socktype = from->info.type == 1 ? SOCK_DGRAM : SOCK_STREAM;
  made->info.ai_addr = (struct sockaddr*)&made->address;
  if (from->info.family == AF_INET) {
    struct sockaddr_in* in = (struct sockaddr_in*)&made->address;
    in->sin_family = AF_INET;
    memcpy(&in->sin_port, from->data, 2);
    memcpy(&in->sin_addr, from->data + 2, 4);
    made->info.ai_addrlen = sizeof *in;
  } else {
    struct sockaddr_in6* in6 = (struct sockaddr_in6*)&made->address;
    in6->sin6_family = AF_INET6;
    memcpy(&in6->sin6_port, from->data, 2);
    memcpy(&in6->sin6_addr, from->data + 6, 16);
    made->info.ai_addrlen = sizeof *in6;
  }
  if (from->info.name_size != 0) {
    memcpy(made->name, from->name, NAME_BYTES - 1);
    made->info.ai_canonname = made->name;
  }
  return &made->info;
}

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** out) {
  struct node* nodes = calloc(MAX_RESULTS, sizeof *nodes);
  if (nodes == NULL) return EAI_MEMORY;
  for (int i = 0; i < MAX_RESULTS; ++i) {
    nodes[i].info.address = &nodes[i].address;
    nodes[i].info.name = nodes[i].name;
    nodes[i].info.name_size = NAME_BYTES;
    nodes[i].info.next = i + 1 < MAX_RESULTS ? &nodes[i + 1].info : NULL;
    nodes[i].address.data = nodes[i].data;
    nodes[i].address.data_size = DATA_BYTES;
  }
  struct host_addrinfo wanted = {0};
  if (hints != NULL) {
    wanted.flags = (uint16_t)hints->ai_flags;
    wanted.family = (uint8_t)hints->ai_family;
    wanted.type = hints->ai_socktype == 0 ? 0 : hints->ai_socktype == SOCK_DGRAM ? 1 : 2;
  }
  struct host_addrinfo* first = &nodes[0].info;
  uint32_t count = 0;
  int error = (int)sock_getaddrinfo(node, node ? (uint32_t)strlen(node) + 1 : 0, service,
                                    service ? (uint32_t)strlen(service) + 1 : 0, &wanted, &first,
                                    MAX_RESULTS, &count);
  struct addrinfo** last = out;
  *out = NULL;
  for (uint32_t i = 0; error == 0 && i < count; ++i) {
    *last = make_result(&nodes[i]);
    if (*last == NULL)
      error = EAI_MEMORY;
    else
      last = &(*last)->ai_next;
  }
  free(nodes);
  if (error != 0) freeaddrinfo(*out);
  return error;
}

void freeaddrinfo(struct addrinfo* list) {
  while (list != NULL) {
    struct addrinfo* next = list->ai_next;
    free(list);
    list = next;
  }
}

const char* gai_strerror(int error) {
  switch (error) {
    case EAI_AGAIN:
      return "no name server answered";
    case EAI_NONAME:
      return "no such name";
    case EAI_NODATA:
      return "the name has no address";
    case EAI_SERVICE:
      return "no such service";
    case EAI_FAIL:
      return "refused";
    default:
      return "cannot be resolved";
  }
}
#else
typedef int not_empty;
#endif
