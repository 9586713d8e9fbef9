"""gunicorn for the plain and the empty server: as Coppice's own sets it, so that it decides nothing."""

worker_class = "gthread"
workers = 1
threads = 64
preload_app = True
keepalive = 75
control_socket_disable = True
