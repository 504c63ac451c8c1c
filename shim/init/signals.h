#pragma once

namespace wasmedge::init {

/// As the first process of a pid namespace we would be immune to every signal left at its default,
/// and `docker stop` would have to wait until it kills us. So each that ends an ordinary process
/// ends us, at once, with status 128 + its number. SIGPIPE is ignored: a guest gets EPIPE.
void exit_on_signals();

}  // namespace wasmedge::init
