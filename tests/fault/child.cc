// SPDX-License-Identifier: Apache-2.0
//
// A server that misbehaves as it is told: the replica of the fault tests.
//
//   fault_child PORT [switch]…
//     never-listen        runs, but serves nothing
//     ready-after=MS      answers 503 to the readiness probe until then
//     exit-after=MS       leaves with the code of exit-code=N (default 0)
//     segv-after=MS       dies of a segmentation fault
//     ignore-term         takes no notice of SIGTERM
//     helper              starts a helper in its group that ignores SIGTERM
//     daemon              starts a helper that double-forks into a session of its own
//     spam                writes to its standard output without end
//     say=TEXT            writes one line
//     report=FILE         writes what it was born with: descriptors, signals, arguments
//     delay=MS            how long /infer takes
//     burn=MILLICORES     uses so much CPU time, in its own process
//     burn-below=…        the same in a child of a thread of its own; after burn-for=MS a new one
//     ignore-children     nobody waits for those, nor takes over their times
//     allocate=MIB        touches so much memory
//
// GET /v2/health/ready, /infer, /pid, /break (from then on /infer answers 500), /cpu (seconds: its
// own, and of the children that it has waited for).
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;

std::vector<std::string> g_switches;
std::atomic<bool> g_ready = true;
std::atomic<bool> g_broken = false;

std::optional<std::string> Switch(const std::string& name) {
  for (const std::string& text : g_switches) {
    if (text == name) return "";
    if (text.rfind(name + "=", 0) == 0) return text.substr(name.size() + 1);
  }
  return std::nullopt;
}

milliseconds Time(const std::string& name) {
  return milliseconds(std::atol(Switch(name).value_or("0").c_str()));
}

void WriteReport(const std::string& path) {
  std::set<std::string> descriptors;
  for (int fd = 0; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) descriptors.insert(std::to_string(fd));
  }
  std::ofstream file(path + ".tmp");
  file << "fds";
  for (const std::string& fd : descriptors) file << ' ' << fd;
  file << "\npid " << getpid() << "\ngroup " << getpgrp() << "\nsession " << getsid(0) << '\n';
  file << "folder " << std::filesystem::current_path().string() << '\n';
  if (const char* text = std::getenv("TIDEGATE_TEST")) file << "env " << text << '\n';
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("Sig", 0) == 0 || line.rfind("NoNewPrivs", 0) == 0) file << line << '\n';
  }
  for (const std::string& text : g_switches) file << "argument " << text << '\n';
  file.close();
  std::filesystem::rename(path + ".tmp", path);
}

std::string CpuSeconds(int whose) {
  rusage usage{};
  getrusage(whose, &usage);
  const auto seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
  const auto micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  return std::to_string(static_cast<double>(seconds) + static_cast<double>(micros) * 1e-6);
}

std::string Answer(const std::string& head) {
  std::string status = "200 OK";
  std::string body = "ok\n";
  if (head.find(" /v2/health/ready ") != std::string::npos && !g_ready) status = "503 Not Ready";
  if (head.find(" /infer ") != std::string::npos) {
    std::this_thread::sleep_for(Time("delay"));
    if (g_broken) status = "500 Broken";
  }
  if (head.find(" /break ") != std::string::npos) g_broken = true;
  if (head.find(" /pid ") != std::string::npos) body = std::to_string(getpid());
  if (head.find(" /cpu ") != std::string::npos) {
    body = CpuSeconds(RUSAGE_SELF) + " " + CpuSeconds(RUSAGE_CHILDREN);
  }
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

void Serve(int connection) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(connection, buffer, sizeof buffer, 0)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const std::size_t field = text.find("Content-Length: ");
    std::size_t whole = end + 4;
    if (field < end) whole += std::strtoul(text.c_str() + field + 16, nullptr, 10);
    if (text.size() < whole) continue;
    const std::string head = text.substr(0, end);
    text.erase(0, whole);
    const std::string answer = Answer(head);
    send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (head.find("Connection: close") != std::string::npos) break;
  }
  close(connection);
}

void StartHelper() {
  if (fork() != 0) return;
  std::signal(SIGTERM, SIG_IGN);
  for (;;) pause();
}

void StartDaemon() {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  std::signal(SIGTERM, SIG_IGN);
  for (;;) pause();
}

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// On average, whatever else the machine has to do meanwhile.
void Burn(const std::string& millicores, milliseconds until_over) {
  const double share = std::atof(millicores.c_str()) / 1000;
  const auto begun = std::chrono::steady_clock::now();
  const double used = ThreadSeconds();
  for (;;) {
    const auto elapsed = std::chrono::steady_clock::now() - begun;
    if (until_over > milliseconds(0) && elapsed > until_over) return;
    const double wanted = share * std::chrono::duration<double>(elapsed).count();
    while (ThreadSeconds() - used < wanted) continue;
    std::this_thread::sleep_for(milliseconds(5));
  }
}

void BurnBelow() {
  for (;;) {
    const pid_t child = fork();
    if (child == 0) {
      Burn(*Switch("burn-below"), Time("burn-for"));
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  }
}

int Listen(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) _exit(98);
  if (listen(listener, 128) != 0) _exit(99);
  return listener;
}

void StartTimers() {
  if (Switch("ready-after")) {
    g_ready = false;
    std::thread([] {
      std::this_thread::sleep_for(Time("ready-after"));
      g_ready = true;
    }).detach();
  }
  if (Switch("exit-after")) {
    std::thread([] {
      std::this_thread::sleep_for(Time("exit-after"));
      _exit(std::atoi(Switch("exit-code").value_or("0").c_str()));
    }).detach();
  }
  if (Switch("segv-after")) {
    std::thread([] {
      std::this_thread::sleep_for(Time("segv-after"));
      std::signal(SIGSEGV, SIG_DFL);
      raise(SIGSEGV);
    }).detach();
  }
  if (const auto mib = Switch("allocate")) {
    static std::vector<char> memory(static_cast<std::size_t>(std::atol(mib->c_str())) << 20U, 'x');
  }
  if (const auto burn = Switch("burn")) std::thread([burn] { Burn(*burn, {}); }).detach();
  if (Switch("ignore-children")) std::signal(SIGCHLD, SIG_IGN);
  if (Switch("burn-below")) std::thread(BurnBelow).detach();
  if (Switch("spam")) {
    std::thread([] {
      const std::string text(65536, 'y');
      while (write(1, text.data(), text.size()) > 0) continue;
    }).detach();
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  g_switches.assign(arguments + 2, arguments + count);
  if (const auto path = Switch("report")) WriteReport(*path);
  if (Switch("ignore-term")) std::signal(SIGTERM, SIG_IGN);
  if (Switch("helper")) StartHelper();
  if (Switch("daemon")) StartDaemon();
  if (const auto text = Switch("say")) {
    if (write(1, (*text + "\n").data(), text->size() + 1) < 0) return 3;
  }
  StartTimers();
  while (Switch("never-listen")) pause();
  const int listener = Listen(std::atoi(arguments[1]));
  for (;;) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) std::thread(Serve, connection).detach();
  }
}
