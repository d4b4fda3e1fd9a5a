"""What only Unix has, and where code uses it unguarded, read from the syntax."""

import ast
import collections

# Of Python 3.11; Windows has none of them, and macOS lacks those of Linux alone.
_LISTED = """
import crypt fcntl grp nis posix pty pwd readline resource spwd syslog termios tty
os O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC O_TMPFILE
os RTLD_GLOBAL RTLD_NOW WEXITED WEXITSTATUS WIFEXITED WIFSIGNALED WNOHANG WTERMSIG chflags chown
os chroot confstr copy_file_range ctermid fchdir fchmod fchown fdatasync fork forkpty fpathconf
os fstatvfs get_blocking getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority
os getresuid getsid getuid initgroups killpg lchown lockf major memfd_create minor mkfifo mknod nice
os openpty pathconf pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn pread preadv pwrite
os register_at_fork sched_getaffinity sched_setaffinity sched_yield sendfile set_blocking setegid
os seteuid setgid setgroups setpgid setpgrp setpriority setsid setuid splice statvfs sync sysconf
os tcgetpgrp ttyname uname wait wait3 wait4 waitid writev
signal ITIMER_REAL SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT
signal SIGRTMIN SIGSTOP SIGSYS SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH
signal SIGXCPU SIGXFSZ SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer pause pthread_kill
signal pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait sigwaitinfo
socket AF_NETLINK AF_UNIX MSG_DONTWAIT SO_REUSEPORT send_fds recv_fds
select epoll kqueue poll select
time tzset
"""  # `select.select` waits for sockets alone there
NAMES: dict[str, set[str]] = collections.defaultdict(set)
for _line in _LISTED.strip().splitlines():
    _module, *_names = _line.split()
    NAMES[_module].update(_names)
MODULES = NAMES.pop("import")
# Works with a privilege there, replaces nothing there, or is not there.
METHODS = {"symlink", "symlink_to", "rename", "renames"}
ARGUMENTS = {"preexec_fn", "pass_fds", "dir_fd"}
FOLDERS = ("/proc", "/sys/", "/dev/", "/tmp", "/etc/", "/var/", "/usr/")
# One question answers for its neighbours too.
_WITH = dict.fromkeys(("SIG_BLOCK", "SIG_SETMASK", "SIG_UNBLOCK"), "pthread_sigmask")


def unguarded(source: str) -> list[tuple[int, str]]:
    """Return line and name of what is used without asking whether it is there.

    It is asked by `hasattr(module, "name")` in the same function, or by catching what its absence
    raises. `getattr(module, "name", default)` uses no name.
    """
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) not in documented:
            found += [
                (node.lineno, name)
                for name in _used(node)
                if not _is_asked(node, name.rpartition(".")[2], parents)
            ]
    return sorted(found)


def _used(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [each.name for each in names if each.name.split(".")[0] in MODULES]
        case ast.ImportFrom(module=str(module), names=names) if not node.level:
            if module in MODULES:
                return [module]
            return [f"{module}.{n.name}" for n in names if n.name in NAMES.get(module, ())]
        case ast.Attribute(value=ast.Name(id=module), attr=name) if name in NAMES.get(module, ()):
            return [f"{module}.{name}"]
        case ast.Call(func=ast.Attribute(attr=name)) if name in METHODS:
            return [name]
        case ast.keyword(arg=str(name)) if name in ARGUMENTS:
            return [name]
        case ast.Constant(value=str(text)) if text.startswith(FOLDERS):
            return [text]
    return []


def _is_asked(node: ast.AST, name: str, parents: dict[ast.AST, ast.AST]) -> bool:
    child = node
    while (node := parents.get(child)) is not None:
        if isinstance(node, ast.Try) and child in node.body and _catches(node):
            return True
        if isinstance(node, ast.FunctionDef | ast.IfExp | ast.If) and _asks(node, name):
            return True
        child = node
    return False


def _catches(node: ast.Try) -> bool:
    caught = " ".join(ast.unparse(each.type) for each in node.handlers if each.type)
    return any(word in caught for word in ("AttributeError", "ImportError", "OSError"))


def _asks(node: ast.AST, name: str) -> bool:
    wanted = {name, _WITH.get(name, name)}
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Name)
        and each.func.id == "hasattr"
        and isinstance(each.args[1], ast.Constant)
        and each.args[1].value in wanted
        for each in ast.walk(node)
    )
