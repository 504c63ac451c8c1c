#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "proto/common.pb.h"
#include "proto/task.pb.h"
#include "shim/rpc/server.h"
#include "shim/task/children.h"
#include "shim/task/container.h"
#include "shim/task/events.h"
#include "shim/task/lifecycle.h"
#include "shim/task/platform.h"

namespace wasmedge::task {

/// The Task service of one group's server: its containers, and the calls on them. One thread; a
/// call that suspends holds the container it works on and looks at its state again afterwards.
class Service {
 public:
  /// All outlive the service. `on_shutdown` is called when containerd lets the server go.
  Service(boost::asio::io_context& io, Platform& platform, Events& events, Children& children,
          std::function<void()> on_shutdown);

  /// The methods of containerd.task.v2.Task and v3.Task, to serve while this lives.
  rpc::Methods methods();

  bool empty() const { return containers_.empty(); }

  /// For lines about a process; one that is not known has the server's level.
  ProcessLog log_of(const std::string& id, const std::string& exec_id) const;

 private:
  using Shared = std::shared_ptr<Container>;
  using SharedProcess = std::shared_ptr<Process>;
  template <typename Answer>
  using Async = boost::asio::awaitable<Result<Answer>>;

  Async<proto::CreateResponse> create(proto::CreateRequest request);
  Async<proto::StartResponse> start(proto::ProcessRequest request);
  Async<proto::Empty> exec(proto::ExecRequest request);
  Async<proto::StateResponse> state(proto::ProcessRequest request);
  Async<proto::WaitResponse> wait(proto::ProcessRequest request);
  Async<proto::DeleteResponse> remove(proto::ProcessRequest request);
  Async<proto::Empty> kill(proto::KillRequest request);
  Async<proto::Empty> close_io(proto::CloseIORequest request);
  Async<proto::Empty> resize_pty(proto::ResizePtyRequest request);
  Async<proto::PidsResponse> pids(proto::ContainerRequest request);
  Async<proto::StatsResponse> stats(proto::ContainerRequest request);
  Async<proto::Empty> pause(proto::ContainerRequest request);
  Async<proto::Empty> resume(proto::ContainerRequest request);
  Async<proto::Empty> update(proto::UpdateRequest request);
  Async<proto::ConnectResponse> connect(proto::ContainerRequest request);
  Async<proto::Empty> shutdown(proto::ShutdownRequest request);

  /// The container, if the call is allowed in its state.
  Result<Shared> find(const std::string& id, Verb verb) const;
  /// Likewise a process: the container's first one, or the executed one that is named.
  Result<SharedProcess> find_process(const std::string& id, const std::string& exec_id,
                                     Verb verb) const;
  Async<proto::StartResponse> start_exec(proto::ProcessRequest request);
  Async<proto::DeleteResponse> remove_exec(proto::ProcessRequest request);
  void on_exec_end(const Shared& container, const SharedProcess& process);
  void publish_exit(const Process& process);
  /// Adds the process's tally to the node's metrics, once the call has been answered.
  void record(Process& process);
  Async<proto::Empty> forget(Shared container);
  static boost::asio::awaitable<void> end_execs(const Container& container);
  void on_end(const Shared& container, uint32_t exit_status);
  void publish_create(const Container& container, const proto::CreateRequest& request);

  boost::asio::io_context& io_;
  Platform& platform_;
  Events& events_;
  Children& children_;
  std::function<void()> on_shutdown_;
  std::map<std::string, Shared> containers_;
};

}  // namespace wasmedge::task
