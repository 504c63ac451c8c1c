#include "shim/task/logger.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <utility>

#include "shim/task/commands.h"
#include "test/unit/task/service_fixture.h"

namespace wasmedge::task {
namespace {

using Strings = std::vector<std::string>;

TEST(LoggerUri, FifosAreNone) {
  for (const StdioPaths& paths : {StdioPaths{}, StdioPaths{"/in", "/out", "/err"},
                                  StdioPaths{"", "fifo:///out", "fifo:///err"}}) {
    const auto logger = parse_logger(paths);
    ASSERT_TRUE(logger) << logger.error().message;
    EXPECT_FALSE(*logger);
  }
}

TEST(LoggerUri, SchemesPathsAndArguments) {
  struct Row {
    std::string uri;
    LoggerUri::Kind kind;
    std::string path;
    Strings arguments;
  };
  for (const Row& row : {
           Row{"file:///var/log/a%20b", LoggerUri::Kind::kFile, "/var/log/a b", {}},
           Row{"file:///a+b%3Fc", LoggerUri::Kind::kFile, "/a+b?c", {}},
           Row{"binary:///bin/log", LoggerUri::Kind::kProgram, "/bin/log", {}},
           Row{"binary:///bin/log?--to=x&--loud",
               LoggerUri::Kind::kProgram,
               "/bin/log",
               {"--to", "x", "--loud", ""}},
           Row{"binary-v2:///bin/log?b=1&a=x+y%2B%26&b=2&",
               LoggerUri::Kind::kTalking,
               "/bin/log",
               {"b", "1", "a", "x y+&"}},
       }) {
    const auto logger = parse_logger({{}, row.uri, row.uri});
    ASSERT_TRUE(logger && *logger) << row.uri;
    EXPECT_EQ((*logger)->kind, row.kind) << row.uri;
    EXPECT_EQ((*logger)->path, row.path) << row.uri;
    EXPECT_EQ((*logger)->arguments, row.arguments) << row.uri;
    EXPECT_TRUE(parse_logger({{}, row.uri, {}})) << "with a terminal there is no stderr";
  }
}

TEST(LoggerUri, FaultsAreNamed) {
  const auto message = [](const std::string& out, const std::string& err) {
    const auto logger = parse_logger({{}, out, err});
    EXPECT_FALSE(logger) << out;
    EXPECT_EQ(logger.error().code, ErrorCode::kInvalidArgument);
    return logger.error().message;
  };
  const auto has = [&](const std::string& uri, const std::string& fault) {
    EXPECT_NE(message(uri, uri).find(fault), std::string::npos) << message(uri, uri);
  };
  has("binary://log", "\"log\" is not absolute: write binary:///…");
  has("file://", "\"\" is not absolute");
  has("file:///a?b=c", "a file has no arguments");
  has("binary:///a%2", "\"%2\" is no escape");
  has("binary:///a?x=%zz", "\"%zz\" is no escape");
  has("binary:///a?x=%00", "zero byte");
  EXPECT_NE(message("file:///a", "file:///b").find("a logger takes both"), std::string::npos);
  EXPECT_NE(message("/fifo", "file:///b").find("a logger takes both"), std::string::npos);
}

/// The status of `append` that writes to `log` what is in a pipe: 0, or 1 and its error's text.
std::pair<int, std::string> append_to(const std::string& log, int flags) {
  std::array<int, 2> streams{}, told{};
  EXPECT_TRUE(::pipe(streams.data()) == 0 && ::pipe(told.data()) == 0);
  EXPECT_TRUE(write_all(streams[1], "output", "pipe"));
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int file = ::open(log.c_str(), flags, 0600);
    const int words = ::fcntl(told[1], F_DUPFD, 50);
    ::dup2(file, STDOUT_FILENO);
    const int input = ::fcntl(streams[0], F_DUPFD, 50);
    ::dup2(input, kLoggerOut);
    ::dup2(input, kLoggerErr);
    ::close_range(kLoggerReady, 49, 0);
    const auto done = append();
    if (!done) [[maybe_unused]]
      const auto said = write_all(words, done.error().message, "pipe");
    ::_exit(done ? 0 : 1);
  }
  for (const int end : {streams[0], streams[1], told[1]}) ::close(end);
  const auto words = read_all(told[0], 4096, "pipe");
  ::close(told[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return {WEXITSTATUS(status), words.value_or("")};
}

TEST(Append, WritesToTheEndOfBothStreams) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(append_to(directory.at("log"), O_WRONLY | O_CREAT), std::pair(0, std::string()));
  EXPECT_EQ(read_file(directory.at("log"), 64).value_or(""), "output");
}

TEST(Append, AFileThatCannotBeWrittenIsItsEnd) {
  EXPECT_EQ(append_to("/dev/null", O_RDONLY),
            std::pair(1, std::string("write the log: Bad file descriptor")));
}

/// The service with loggers that are shell scripts.
class LoggerTest : public ServiceTest {
 protected:
  /// `body` has the container's streams at 3 and 4, and says on 5 that it is ready.
  std::string script(const std::string& body) {
    std::string path = bundle_.at("logger");
    std::ofstream(path) << "#!/bin/sh\ncd " << bundle_.path() << "\n" << body << "\n";
    EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
    return path;
  }
  std::string create(const std::string& uri) const {
    proto::CreateRequest request;
    EXPECT_TRUE(request.ParseFromString(create_request()));
    request.set_stdout(uri);
    request.set_stderr(uri);
    return request.SerializeAsString();
  }
  std::string refused(const std::string& uri) {
    const auto answer = call("Create", create(uri));
    EXPECT_FALSE(answer);
    EXPECT_EQ(code_of(call("State", process())), ErrorCode::kNotFound);  // nothing stays
    return answer ? "" : answer.error().message;
  }
  std::string written() { return read_file(bundle_.at("got"), 4096).value_or("(nothing)"); }
};

TEST_F(LoggerTest, ProgramGetsItsArgumentsItsStreamsAndTwoVariables) {
  const std::string path = script("echo \"$*\" > got; export -p >> got; echo >&5; cat <&3 >> got");
  const auto uri = parse_logger({{}, "binary-v2://" + path + "?--key=a+value", {}});
  ASSERT_TRUE(uri && *uri);
  auto started = platform_.start_logger(**uri, "box");
  ASSERT_TRUE(started) << started.error().message;
  const auto watched =
      Logger::watch(io_, children_, **uri, *started, "container \"box\"", {"box", {}});
  ASSERT_TRUE(watched) << watched.error().message;
  const std::shared_ptr<Logger>& logger = *watched;
  ASSERT_TRUE(write_all(started->out.get(), "a line\n", "stdout"));
  auto ready = asio::co_spawn(io_, logger->wait_until_ready(), asio::use_future);
  while (ready.wait_for(0s) != std::future_status::ready) io_.run_for(5ms);
  EXPECT_TRUE(ready.get());
  started->out.reset();
  started->err.reset();
  auto ended = asio::co_spawn(io_, logger->finish(), asio::use_future);
  while (ended.wait_for(0s) != std::future_status::ready) io_.run_for(5ms);
  const std::string got = written();
  EXPECT_TRUE(got.starts_with("--key a value\n")) << got;
  EXPECT_TRUE(got.ends_with("\na line\n")) << got;
  EXPECT_NE(got.find("export CONTAINER_ID='box'\n"), std::string::npos) << got;
  EXPECT_NE(got.find("export CONTAINER_NAMESPACE='ns'\n"), std::string::npos) << got;
  EXPECT_EQ(got.find("PATH="), std::string::npos) << got;
}

TEST_F(LoggerTest, DeleteReturnsWhenTheLoggerHasAll) {
  const std::string path = script("exec 5>&-; cat <&3; sleep 0.2; echo done > got");
  ASSERT_TRUE(call("Create", create("binary://" + path)));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Wait", process()));
  ASSERT_TRUE(call("Delete", process()));
  EXPECT_EQ(written(), "done\n");
}

TEST_F(LoggerTest, OneThatIsNotReadyFailsTheCreate) {
  EXPECT_NE(refused("binary://" + script("exit 3")).find("status 3"), std::string::npos);
  const std::string mute = refused("binary-v2://" + script("exec 5>&-; cat <&3"));
  EXPECT_NE(mute.find("closed fd 5 without a word"), std::string::npos) << mute;
  const std::string none = refused("binary://" + bundle_.at("none"));
  EXPECT_NE(none.find("cannot run the logger " + bundle_.at("none")), std::string::npos) << none;
}

TEST_F(LoggerTest, OnlyAFileTakesALog) {
  const std::string fifo = bundle_.at("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(refused("file://" + fifo).find(fifo), std::string::npos);
  EXPECT_NE(refused("file://" + bundle_.path()).find(bundle_.path()), std::string::npos);
  const std::string beneath = refused("file://" + bundle_.at("config.json/log"));
  EXPECT_NE(beneath.find("make the directory of the log file"), std::string::npos) << beneath;
}

TEST_F(LoggerTest, AnExecHasOneOfItsOwn) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  proto::ExecRequest request;
  ASSERT_TRUE(request.ParseFromString(exec_request("more")));
  request.set_stdout("binary://" + script("echo $CONTAINER_ID > got; exec 5>&-; cat <&3"));
  request.set_stderr(request.stdout());
  ASSERT_TRUE(call("Exec", request.SerializeAsString()));
  ASSERT_TRUE(call("Delete", process("box", "more")));  // never started: its logger reads EOF
  EXPECT_EQ(written(), "more\n");
  request.set_stdout("binary:///none");
  request.set_stderr(request.stdout());
  EXPECT_EQ(code_of(call("Exec", request.SerializeAsString())), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(call("State", process("box", "more"))), ErrorCode::kNotFound);
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
}

}  // namespace
}  // namespace wasmedge::task
