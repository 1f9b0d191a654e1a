#!/usr/bin/env python3
"""Keeps what a container engine answers to the agent's questions: record-engine.py SOCKET OUT.

docker-20.10 was recorded from Debian 12's docker.io, started as scripts/test-docker does, with containers in every state
(running, paused, exited, restarting, created, killed for memory; healthy and unhealthy), a stack of Compose 1.29, a
volume that nobody uses, and a container with a secret in its environment and its command. Most of the health checks'
exec events were taken out afterwards. podman-4.3 is `podman system service` of Debian 12, with four containers made through
the same API. df.json of both is of the containers that scripts/test-docker makes, without their labels.
"""
import http.client
import json
import os
import socket
import sys
import time

sock, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
class C(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.settimeout(15); self.sock.connect(sock)
def get(path):
    c = C('localhost'); c.request('GET', path); r = c.getresponse(); return r, r.read()
r, _ = get('/_ping'); v = '/v' + r.headers['Api-Version']
def keep(path, name, lines=False):
    r, body = get(v + path)
    assert r.status == 200, (path, r.status, body)
    if lines:
        text = b'\n'.join(l for l in body.split(b'\n') if l) + b'\n'
    else:
        j = json.loads(body)
        if name == 'info.json': j['Name'] = 'recorded'; j['ID'] = 'RECORDED'
        text = (json.dumps(j, indent=1, sort_keys=True) + '\n').encode()
    open(f'{out}/{name}', 'wb').write(text)
    return body
keep('/info', 'info.json'); keep('/version', 'version.json')
cs = json.loads(keep('/containers/json?all=1', 'containers.json'))
insp = {c['Id']: json.loads(get(f"{v}/containers/{c['Id']}/json")[1]) for c in cs}
open(f'{out}/inspections.json', 'w').write(json.dumps(insp, indent=1, sort_keys=True) + '\n')
im = json.loads(keep('/images/json', 'images.json'))
ii = {i['Id']: json.loads(get(f"{v}/images/{i['Id']}/json")[1]) for i in im}
open(f'{out}/image-inspections.json', 'w').write(json.dumps(ii, indent=1, sort_keys=True) + '\n')
keep('/system/df', 'df.json'); keep('/volumes', 'volumes.json'); keep('/networks', 'networks.json')
now = int(time.time())
podman = 'Libpod-API-Version' in r.headers
keep(f'/events?since={now-86400}' + ('&stream=false' if podman else f'&until={now}'), 'events.jsonl', True)
