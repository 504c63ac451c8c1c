// Throwing and catching, in today's encoding and in the legacy one.
#include "test/fuzz/differential/body.h"

namespace wasmedge::fuzz {

using wasm::Op;

namespace {

constexpr uint8_t kEmptyBlock = 0x40;

}  // namespace

void Body::raise(unsigned depth) {
  condition(depth);
  open(Op::if_, {}, {});
  const uint32_t tag = below(program_.tags.size());
  expressions(program_.types[program_.tags[tag]].parameters, depth);
  code_.op(Op::throw_, tag);
  close();
}

void Body::try_statement(unsigned depth) {
  if (program_.features.exceptions == Exceptions::kLegacy) return legacy_try(depth);
  struct Clause {
    uint8_t kind;  // as encoded: 0 catch, 1 catch_ref, 2 catch_all, 3 catch_all_ref
    uint32_t tag;
    Types types;
  };
  std::vector<Clause> clauses(1 + below(3));
  open(Op::block, {}, {});  // behind it all
  for (size_t i = clauses.size(); i-- > 0;) {
    Clause& clause = clauses[i];
    clause.kind = static_cast<uint8_t>(below(4));
    clause.tag = below(program_.tags.size());
    if (clause.kind < 2) clause.types = program_.types[program_.tags[clause.tag]].parameters;
    if (clause.kind % 2 == 1) clause.types.push_back(wasm::kExnRef);
    open(Op::block, clause.types, clause.types);
  }
  code_.op(Op::try_table).byte(kEmptyBlock).number(clauses.size());
  for (uint32_t i = 0; i < clauses.size(); ++i) {
    code_.byte(clauses[i].kind);
    if (clauses[i].kind < 2) code_.number(clauses[i].tag);
    code_.number(i);
  }
  labels_.push_back({});
  statements(1 + below(3), depth);
  if (one_in(3)) raise(depth);
  close();
  for (uint32_t i = 0; i < clauses.size(); ++i) {
    code_.op(Op::br, static_cast<uint32_t>(clauses.size()) - i);
    close();
    keep(clauses[i].types);
    if (one_in(6)) {
      get(local(wasm::kExnRef));
      code_.op(Op::throw_ref);
    }
  }
  close();
}

void Body::legacy_try(unsigned depth) {
  open(Op::try_, {}, {});
  statements(1 + below(3), depth);
  if (one_in(3)) raise(depth);
  if (one_in(5)) {
    labels_.pop_back();
    code_.op(Op::delegate, below(labels_.size()));
    return;
  }
  for (uint32_t i = below(3); i > 0; --i) {
    const uint32_t tag = below(program_.tags.size());
    code_.op(Op::catch_, tag);
    keep(program_.types[program_.tags[tag]].parameters);
    statements(below(3), depth);
    if (one_in(6)) code_.op(Op::rethrow, 0);
  }
  if (flip()) {
    code_.op(Op::catch_all);
    statements(below(3), depth);
    if (one_in(6)) code_.op(Op::rethrow, 0);
  }
  close();
}

}  // namespace wasmedge::fuzz
