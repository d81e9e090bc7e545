// SPDX-License-Identifier: Apache-2.0
//
// The keeper: a tiny program between the pool and one replica's server.
//
// It exists because some promises cannot be kept from inside the host process:
// - when the host is killed -9, somebody has to be left who stops the whole group (or lets it run
//   until the next host adopts it), and who goes on reading the server's output, so that a server
//   never dies of a broken pipe;
// - as a subreaper it inherits every helper that double-forks, and lets none survive the server;
// - it is the server's parent, so it can signal the server's group without a race on the pid.
//
// The pool hands over a socket as descriptor 0 and writes one byte when it has recorded the
// keeper: 'd', stop when the socket closes; 's', stay. A socket that closes first means that
// nobody knows this keeper: it leaves without starting anything. What it writes there: "exit N",
// "signal N" or "error TEXT", one line, as soon as the server is gone.
//
// SIGTERM: the server's group gets SIGTERM, and SIGKILL once the grace period is over.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

// Arguments in front of the server's own command.
enum Argument { kPool = 1, kReplica, kToken, kGraceMs, kLog, kLogLimit, kFolder, kCommand };

// How long helpers may take to leave by themselves after their server died.
constexpr long kLingerMs = 3000;
constexpr int kControl = 0;

long NowMs() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A file and its predecessor, each of half the limit.
class Log {
 public:
  Log(const char* path, long limit) : path_(path), half_(limit / 2) {
    if (path_[0] != '\0') Open(O_APPEND);
  }
  bool wanted() const { return path_[0] != '\0'; }

  void Write(const char* data, long size) {
    while (size > 0 && fd_ >= 0) {
      if (size_ >= half_) Rotate();
      const long n = write(fd_, data, std::min(size, std::max(half_ - size_, 1L)));
      if (n <= 0) return;  // a full disk costs the output, never the server
      data += n;
      size -= n;
      size_ += n;
    }
  }

 private:
  void Open(int how) {
    fd_ = open(path_, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | how, 0600);
    struct stat info {};
    size_ = fd_ >= 0 && fstat(fd_, &info) == 0 ? info.st_size : 0;
  }
  void Rotate() {
    char old[4096];
    if (std::snprintf(old, sizeof old, "%s.1", path_) < static_cast<int>(sizeof old)) {
      rename(path_, old);
    }
    close(fd_);
    Open(O_TRUNC);
  }

  const char* path_;
  long half_;
  long size_ = 0;
  int fd_ = -1;
};

void Tell(const char* text) {
  send(kControl, text, std::strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// What runs between fork and exec, in the child.
[[noreturn]] void BecomeServer(char** arguments, int output, int failed) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 0);
  dup2(output >= 0 ? output : null, 1);
  dup2(output >= 0 ? output : null, 2);
  const char* folder = arguments[kFolder];
  if (folder[0] == '\0' || chdir(folder) == 0) execvp(arguments[kCommand], arguments + kCommand);
  const int error = errno;
  if (write(failed, &error, sizeof error) < 0) _exit(126);
  _exit(127);
}

class Keeper {
 public:
  explicit Keeper(char** arguments)
      : arguments_(arguments),
        log_(arguments[kLog], std::atol(arguments[kLogLimit])),
        grace_ms_(std::atol(arguments[kGraceMs])) {}

  int Run(bool stay) {
    stay_ = stay;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    signals_ = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (!Start()) return 127;
    while (!Finished()) Wait();
    DrainOutput(64);
    return result_;
  }

 private:
  bool Start() {
    int failed[2] = {-1, -1};
    int output[2] = {-1, -1};
    int error = 0;
    if (pipe2(failed, O_CLOEXEC) != 0) error = errno;
    if (error == 0 && log_.wanted() && pipe2(output, O_CLOEXEC) != 0) error = errno;
    if (error == 0) {
      server_ = fork();
      if (server_ == 0) BecomeServer(arguments_, output[1], failed[1]);
      if (server_ < 0) error = errno;
    }
    close(output[1]);
    close(failed[1]);
    if (error == 0 && read(failed[0], &error, sizeof error) != sizeof error) error = 0;
    close(failed[0]);
    if (error != 0) {
      char text[256];
      std::snprintf(text, sizeof text, "error %s\n", std::strerror(error));
      Tell(text);
      return false;
    }
    setpgid(server_, server_);
    output_ = output[0];
    if (output_ >= 0) fcntl(output_, F_SETFL, O_NONBLOCK);
    return true;
  }

  void Wait() {
    pollfd files[3] = {{signals_, POLLIN, 0}, {output_, POLLIN, 0}, {control_, POLLIN, 0}};
    long timeout = -1;
    if (kill_at_ >= 0) timeout = std::max(0L, kill_at_ - NowMs());
    if (killing_) timeout = 10;
    poll(files, 3, static_cast<int>(timeout));
    if (files[0].revents != 0) ReadSignals();
    if (files[1].revents != 0) DrainOutput(16);
    if (files[2].revents != 0) {
      control_ = -1;  // the host is gone; descriptor 0 stays open so that nothing else becomes it
      if (!stay_) Stop();
    }
    if (kill_at_ >= 0 && NowMs() >= kill_at_) killing_ = true;
    if (killing_) KillAll();
  }

  void ReadSignals() {
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGTERM) Stop();
    }
  }

  void DrainOutput(int rounds) {
    char buffer[65536];
    for (int i = 0; i < rounds && output_ >= 0; ++i) {
      const long n = read(output_, buffer, sizeof buffer);
      if (n > 0) log_.Write(buffer, n);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(output_);
        output_ = -1;
      }
      if (n <= 0) return;
    }
  }

  void Stop() {
    if (stopping_) return;
    stopping_ = true;
    if (!server_gone_) {
      kill(-server_, SIGTERM);
      kill(-server_, SIGCONT);  // one that was stopped can obey, too
    }
    const long at = NowMs() + grace_ms_;
    kill_at_ = kill_at_ < 0 ? at : std::min(kill_at_, at);
  }

  void ServerGone() {
    siginfo_t info{};
    // Not reaped yet: while it is a zombie, nobody else can get its group's number.
    if (waitid(P_PID, static_cast<id_t>(server_), &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
        info.si_pid == 0) {
      return;
    }
    server_gone_ = true;
    const bool exited = info.si_code == CLD_EXITED;
    result_ = exited ? info.si_status : 128 + info.si_status;
    char text[32];
    std::snprintf(text, sizeof text, "%s %d\n", exited ? "exit" : "signal", info.si_status);
    Tell(text);
    const long at = NowMs() + std::min(kLingerMs, grace_ms_);
    kill_at_ = kill_at_ < 0 ? at : std::min(kill_at_, at);
  }

  // Everybody below is either in the server's group or, once orphaned, a child of ours.
  void KillAll() {
    if (!reaped_server_) kill(-server_, SIGKILL);
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(getpid()));
    FILE* file = std::fopen(path, "re");
    if (file == nullptr) return;
    int child = 0;
    while (std::fscanf(file, "%d", &child) == 1) kill(child, SIGKILL);
    std::fclose(file);
  }

  // Reaps; true when nobody is left.
  bool Finished() {
    if (!server_gone_) ServerGone();
    for (;;) {
      siginfo_t info{};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == ECHILD;
      if (info.si_pid == 0) return false;
      if (info.si_pid == server_) {
        if (!server_gone_) ServerGone();
        reaped_server_ = true;
        // The last use of the group's number that is safe for certain: ask those who stayed.
        if (killing_) kill(-server_, SIGKILL);
      }
      waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
  }

  char** arguments_;
  Log log_;
  long grace_ms_;
  bool stay_ = false;
  int signals_ = -1;
  int output_ = -1;
  int control_ = kControl;
  pid_t server_ = -1;
  long kill_at_ = -1;
  bool stopping_ = false;
  bool killing_ = false;
  bool server_gone_ = false;
  bool reaped_server_ = false;
  int result_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count <= kCommand) return 2;
  close_range(3, ~0u, 0);
  prctl(PR_SET_NAME, "tidegate-keeper");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  umask(077);
  char go = 0;
  long n = -1;
  do n = read(kControl, &go, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1) return 0;
  return Keeper(arguments).Run(go == 's');
}
